"""Install one of the locks beside this file into a virtual environment, exactly as it stands: nothing is resolved.

    python3 requirements/install.py run                                      what `make run` does, into .venv
    python3 requirements/install.py serve --into /opt/hireloop --tools /build    into one without tools of its own

The environment's own pip installs uv, by the hashes of bootstrap.txt, and uv brings the environment to what the lock
says; where uv cannot reach the index as pip does, pip installs the lock instead. Both take wheels by their hashes and
neither looks at what a wheel asks for, so that a release of tomorrow changes nothing
(docs/decisions/0037-installing-never-resolves.md).

It needs Python 3.11 and nothing else. Being called again costs a look at one file; two calls at once wait for each
other; an environment that was left half-made, moved, or made for another Python is made anew. What goes wrong is one
sentence on standard error, and exit code 1.
"""

import argparse
import fcntl
import hashlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
BOOTSTRAP = HERE / "bootstrap.txt"

_CONTAINS = {"run": ("dev",)}  # which environments serve a lock as they are
_RECORD = "hireloop-installed.json"  # in the environment: what it holds; missing while it is being changed
_SAY_EVERY_SECONDS = 5.0
_PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input"]
_BY_HASH = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]

_DISK_FULL = "The disk is full: free some space (about 500 MB), and run it again."
_NOT_OURS = "A file cannot be written: run it as the user who made the environment, or remove the environment first."
_OTHER_HASH = (
    "A package is not the one that the lock names by its hash: nothing was installed from it. "
    "If a mirror or a proxy stands between, ask who runs it."
)
_FAULTS = (
    (r"No space left on device|os error 28|Errno 28\b|Disk quota exceeded", _DISK_FULL),
    (r"Permission denied|os error 13\b|Read-only file system|os error 30\b", _NOT_OURS),
    (r"DO NOT MATCH THE HASHES|Hash mismatch", _OTHER_HASH),
)
_NO_NETWORK = re.compile(
    r"Failed to establish a new connection|NewConnectionError|name resolution|dns error|failed to lookup address"
    r"|error sending request|Connection refused|Network is unreachable|Connection reset|timed out|Max retries exceeded"
    r"|Cannot connect to proxy|ProxyError|CERTIFICATE_VERIFY_FAILED|invalid peer certificate|Failed to fetch"
    r"|ConnectTimeout|tunnel",
)
_OFFLINE = (
    "The package index cannot be reached: check the network, or name your mirror in pip's configuration "
    "(`pip config set global.index-url …`), and run it again."
)


class InstallError(Exception):
    """What stops an installation, as a sentence."""


class Done(NamedTuple):
    """A program that has ended."""

    code: int
    said: str


def main() -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(description="Install a lock into a virtual environment, exactly as it stands.")
    parser.add_argument("lock", choices=sorted(path.stem for path in HERE.glob("*.txt")))
    parser.add_argument("--into", type=Path, default=PROJECT / ".venv", help="the virtual environment (.venv)")
    parser.add_argument("--tools", type=Path, help="another one, which is to hold pip and uv (the same)")
    parser.add_argument("--project", action="store_true", help="install HireLoop itself after it, editable")
    parser.add_argument("--same-python", action="store_true", help="make it anew where it is of another Python")
    asked = parser.parse_args()
    try:
        install(
            asked.lock,
            into=asked.into.absolute(),
            tools=(asked.tools or asked.into).absolute(),
            project=asked.project,
            same_python=asked.same_python,
        )
    except InstallError as error:
        fail(str(error))
    except OSError as error:
        fail(fault_in(f"{error.strerror} [Errno {error.errno}]") or f"{error.filename}: {error.strerror}.")
    except KeyboardInterrupt:
        fail("Stopped; run it again to go on.")


def fail(sentence: str) -> NoReturn:
    """End with a sentence."""
    print(f"Setup failed. {sentence}", file=sys.stderr)
    sys.exit(1)


def install(lock: str, *, into: Path, tools: Path, project: bool, same_python: bool = False) -> None:
    """Bring the environment `into` to what the lock says; raises InstallError with the sentence to show."""
    with one_at_a_time(into.parent):
        wanted = lock_to_install(lock, into)
        record = record_of(wanted, into, project=project)
        if is_installed(record, into, same_python=same_python):
            return
        make_environment(into, with_pip=tools == into, same_python=same_python)
        if tools != into:
            make_environment(tools, with_pip=True, same_python=False)
        (into / _RECORD).unlink(missing_ok=True)
        (into / f"{_RECORD}.begun").touch()
        sync(wanted, into=into, tools=tools)
        if project:
            install_project(into, tools)
        (into / _RECORD).write_text(json.dumps(record))
        (into / f"{_RECORD}.begun").unlink()


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait, and say so, while another call works in this folder; the kernel frees the lock of one that is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another setup is running in {folder}; waiting for it to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


# --- What is there ---------------------------------------------------------------------------------------------


def lock_to_install(lock: str, into: Path) -> str:
    """Return the lock itself, or the larger one that the environment was made from and that contains it."""
    held = installed(into).get("lock", "")
    return held if held in _CONTAINS.get(lock, ()) else lock


def installed(into: Path) -> Mapping[str, str]:
    """Return what the environment's record says, nothing where there is no whole one."""
    try:
        found = json.loads((into / _RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def record_of(lock: str, into: Path, *, project: bool) -> dict[str, str]:
    """Return what the environment's record has to say once this lock is in it."""
    sources = [HERE / f"{lock}.txt", BOOTSTRAP, Path(__file__), *([PROJECT / "pyproject.toml"] if project else [])]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return {"lock": lock, "digest": digest, "path": str(into), "project": str(project)}


def is_installed(record: Mapping[str, str], into: Path, *, same_python: bool) -> bool:
    """Return whether the environment is at the place and from the files that the record names."""
    return installed(into) == record and works(into) and not (same_python and is_of_another_python(into))


def works(into: Path) -> bool:
    """Return whether the environment's interpreter is there: its link dangles once that Python is removed."""
    return (into / "bin" / "python").exists()


def is_of_another_python(into: Path) -> bool:
    """Return whether the environment was made by another Python than the one that runs this."""
    found = re.search(r"^home = (.*)$", config_of(into), re.MULTILINE)
    return found is not None and Path(found[1]) != Path(getattr(sys, "_base_executable", sys.executable)).parent


def config_of(into: Path) -> str:
    """Return the environment's pyvenv.cfg, empty where there is none."""
    try:
        return (into / "pyvenv.cfg").read_text()
    except OSError:
        return ""


def make_environment(into: Path, *, with_pip: bool, same_python: bool) -> None:
    """Make the environment; one that is whole stays, one that is not is made anew."""
    why = why_anew(into, with_pip=with_pip, same_python=same_python)
    if why is None:
        return
    say(f"{'Recreating' if why else 'Creating'} the virtual environment {shown(into)}{why}")
    command = [sys.executable, "-m", "venv", "--clear", *([] if with_pip else ["--without-pip"]), str(into)]
    done = run(command)
    if done.code:
        raise InstallError(fault_in(done.said) or f"`python -m venv` ended with: {last_line(done.said)}")


def why_anew(into: Path, *, with_pip: bool, same_python: bool) -> str | None:
    """Return why the environment has to be made, as the end of a sentence; None where it can stay."""
    if not into.exists() or not any(into.iterdir()):
        return ""
    if not config_of(into):
        msg = f"{into} is no virtual environment: remove it, or name another directory."
        raise InstallError(msg)
    held = installed(into)
    if held and held.get("path") != str(into):
        return ", because it was moved"
    whole = works(into) and (not with_pip or run([str(into / "bin" / "python"), *_PIP, "--version"]).code == 0)
    if not whole or (into / f"{_RECORD}.begun").exists():
        return ", because it was left unfinished"
    return " for another Python" if same_python and is_of_another_python(into) else None


# --- Installing ------------------------------------------------------------------------------------------------


def sync(lock: str, *, into: Path, tools: Path) -> None:
    """Install what the lock names: by uv, or by pip where uv is not to be had or cannot reach the index."""
    path = HERE / f"{lock}.txt"
    count = len(re.findall(r"^[A-Za-z0-9]", path.read_text(), re.MULTILINE))
    configured = pip_configuration(tools)
    why = get_uv(tools) or why_not_uv(configured)
    if why is None:
        say(f"Installing {count} packages from requirements/{lock}.txt")
        options = ["--require-hashes", "--no-build", "--compile-bytecode", "--python", str(into / "bin" / "python")]
        uv = str(tools / "bin" / "uv")
        done = run([uv, "pip", "sync", *options, str(path)], environment=uv_environment(configured))
        if done.code == 0:
            return
        if not _NO_NETWORK.search(done.said):
            raise InstallError(fault_in(done.said) or f"uv ended with: {last_line(done.said)}")
        why = "uv cannot reach the package index as pip does"
    say(f"Installing {count} packages with pip, which takes about a minute: {why}")
    pip_into(into, tools, ["--requirement", str(path)])


def get_uv(tools: Path) -> str | None:
    """Install uv where its locked version is missing; return why it is not to be had, None where it is."""
    locked = re.search(r"^uv==(\S+)", BOOTSTRAP.read_text(), re.MULTILINE)
    uv = tools / "bin" / "uv"
    if locked and uv.exists() and run([str(uv), "--version"]).said.split()[1:2] == [locked[1]]:
        return None
    say("Installing uv (requirements/bootstrap.txt)")
    done = run([str(tools / "bin" / "python"), *_PIP, "install", "--quiet", *_BY_HASH, "-r", str(BOOTSTRAP)])
    if done.code == 0:
        return None if run([str(uv), "--version"]).code == 0 else "uv does not run on this machine"
    raise_known(done.said)
    return "there is no uv for this machine"


def why_not_uv(configured: Mapping[str, str]) -> str | None:
    """Return why pip's way to the index is not open to uv, None where it is, as far as one can know before."""
    told = any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"))
    named = [name for name in ("index-url", "extra-index-url", "no-index", "proxy") if configured.get(name)]
    return f"pip's configuration names its {named[0]}, which uv does not read" if named and not told else None


def pip_configuration(tools: Path) -> dict[str, str]:
    """Return pip's settings from its files and its variables, by their names without a section."""
    said = run([str(tools / "bin" / "python"), *_PIP, "config", "list"]).said
    return {found[1]: found[2] for found in re.finditer(r"^[^.\n=]+\.([\w-]+)='(.*)'$", said, re.MULTILINE)}


def uv_environment(configured: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which uv trusts the same certificates as pip."""
    certificates = configured.get("cert")
    return {} if not certificates or os.environ.get("SSL_CERT_FILE") else {"SSL_CERT_FILE": certificates}


def install_project(into: Path, tools: Path) -> None:
    """Install HireLoop, editable, with what is installed already: no index is asked, nothing is fetched."""
    if tools != into:
        raise InstallError("--project goes with an environment that has its own tools.")
    say("Installing HireLoop itself")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--editable", str(PROJECT)]
    python, uv = into / "bin" / "python", into / "bin" / "uv"
    if uv.exists():
        done = run([str(uv), "pip", "install", "--quiet", "--python", str(python), *options])
    else:
        done = run([str(python), *_PIP, "install", "--quiet", *options])
    if done.code:
        raise InstallError(fault_in(done.said) or f"HireLoop could not be installed: {last_line(done.said)}")
    run([str(python), "-m", "compileall", "-q", str(PROJECT / "src")])  # a start is quicker; it may fail


def pip_into(into: Path, tools: Path, what: Sequence[str]) -> None:
    """Let pip install, by their hashes; raises InstallError with its cause."""
    target = [] if into == tools else ["--python", str(into / "bin" / "python")]
    done = run([str(tools / "bin" / "python"), *_PIP, *target, "install", *_BY_HASH, *what])
    if done.code:
        raise_known(done.said)
        if "from versions: none" in done.said:  # without its retries pip does not say that it reached nobody
            raise InstallError(_OFFLINE)
        raise InstallError(f"pip ended with: {last_line(done.said)}")


# --- What programs say -----------------------------------------------------------------------------------------


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Done:
    """Run a program to its end and return what it said; while it takes long, say every 5 s that it goes on."""
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PIP_USER": "0", "LC_ALL": "C.UTF-8", **(environment or {})},
    )
    lines: list[str] = []
    ended: queue.SimpleQueue[None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, lines.append, ended), daemon=True)
    reader.start()
    began = time.monotonic()
    while True:
        try:
            ended.get(timeout=_SAY_EVERY_SECONDS)
            return Done(process.wait(), "".join(lines))
        except queue.Empty:
            say(f"  … {time.monotonic() - began:.0f} s{_under_way(lines)}")


def _under_way(lines: Sequence[str]) -> str:
    """Return which package pip is at, as the end of a line."""
    at = [line.split()[1].rstrip("\\") for line in lines if line.startswith("Collecting ")]
    return f": {at[-1]} ({len(at)} so far)" if at else ""


def _read(process: "subprocess.Popen[str]", keep: Callable[[str], None], ended: "queue.SimpleQueue[None]") -> None:
    for line in process.stdout or ():
        keep(line)
    ended.put(None)


def raise_known(said: str) -> None:
    """Raise InstallError where a program's words name a fault that has a sentence of its own."""
    sentence = fault_in(said) or (_OFFLINE if _NO_NETWORK.search(said) else None)
    if sentence:
        raise InstallError(sentence)


def fault_in(said: str) -> str | None:
    """Return the sentence for a fault of this machine that the words name, None where they name none."""
    return next((sentence for pattern, sentence in _FAULTS if re.search(pattern, said)), None)


def last_line(said: str) -> str:
    """Return the last line with something on it, at most 200 characters of it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing"


def shown(path: Path) -> str:
    """Return a path as somebody in the checkout would write it."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def say(line: str) -> None:
    """Say what is being done, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
