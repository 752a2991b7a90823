"""Install one of the locks beside this file into a virtual environment, exactly as it stands: nothing is resolved.

    python3 requirements/install.py run                                      what `make run` does, into .venv
    python3 requirements/install.py serve --into /opt/hireloop --tools /build    into one without tools of its own

The environment's own pip installs uv, by the hashes of bootstrap.txt, and uv brings the environment to what the lock
says; where uv cannot reach the index as pip does, pip installs the lock instead. Both take wheels by their hashes and
neither looks at what a wheel asks for, so that a release of tomorrow changes nothing
(docs/decisions/0037-installing-never-resolves.md).

It needs Python 3.11 and nothing else. Being called again costs a fraction of a second; two calls at once wait for each
other; an environment that was left half-made, was moved, or has lost its Python is made anew. What goes wrong is one
sentence on standard error, and exit code 1.
"""

import argparse
import fcntl
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import virtual_environment
from programs import NO_INDEX, NO_NETWORK, OFFLINE, STOPS_BOTH, InstallError, fault_in, last_line, raise_known, run, say
from virtual_environment import BOOTSTRAP, HERE, PIP, PROJECT, make_environment

_BY_HASH = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]


def main() -> None:
    """Read the command line and install."""
    parser = argparse.ArgumentParser(description="Install a lock into a virtual environment, exactly as it stands.")
    parser.add_argument("lock", choices=sorted(path.stem for path in HERE.glob("*.txt")))
    parser.add_argument("--into", type=Path, default=PROJECT / ".venv", help="the virtual environment (.venv)")
    parser.add_argument("--tools", type=Path, help="another one, which is to hold pip and uv (the same)")
    parser.add_argument("--project", action="store_true", help="install HireLoop itself after it, editable")
    parser.add_argument("--same-python", action="store_true", help="make it anew where it is of another Python")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the program that runs is stopped too
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
        fail("It was stopped; run it again to go on.")


def fail(sentence: str) -> NoReturn:
    """End with a sentence."""
    print(f"Setup failed. {sentence}", file=sys.stderr)
    sys.exit(1)


def install(lock: str, *, into: Path, tools: Path, project: bool, same_python: bool = False) -> None:
    """Bring the environment `into` to what the lock says; raises InstallError with the sentence to show."""
    with one_at_a_time(into.parent):
        wanted = virtual_environment.lock_to_install(lock, into)
        record = virtual_environment.record_of(wanted, into, project=project)
        if virtual_environment.is_installed(record, into, same_python=same_python):
            return
        make_environment(into, with_pip=tools == into, same_python=same_python)
        if tools != into:
            make_environment(tools, with_pip=True, same_python=False)
        virtual_environment.begin(into)
        sync(wanted, into=into, tools=tools)
        if project:
            install_project(into, tools)
        virtual_environment.finish(into, wanted, project=project)


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
        except OSError:  # a file system without locks: nobody waits there
            pass
        yield
    finally:
        os.close(lock)


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
        done = run([str(tools / "bin" / "uv"), "pip", "sync", *options, *cache_of_uv(tools), str(path)], configured)
        if done.code == 0:
            return
        if STOPS_BOTH.search(done.said):
            raise InstallError(fault_in(done.said) or last_line(done.said))
        why = "uv cannot reach the package index as pip does"
        if not NO_NETWORK.search(done.said):
            why = f"uv ended with {last_line(done.said)!r}"
    say(f"Installing {count} packages with pip, which takes about a minute: {why}")
    pip_into(into, tools, ["--requirement", str(path)], configured)


def cache_of_uv(tools: Path) -> list[str]:
    """Return the option that does without uv's cache where this user cannot write to it, such as one without a home."""
    cache = Path(run([str(tools / "bin" / "uv"), "cache", "dir"]).said.strip() or "/nonexistent")
    nearest = next(step for step in (cache, *cache.parents) if step.exists())
    return [] if os.access(nearest, os.W_OK | os.X_OK) else ["--no-cache"]


def get_uv(tools: Path) -> str | None:
    """Install uv where its locked version is missing; return why it is not to be had, None where it is."""
    locked = re.search(r"^uv==(\S+)", BOOTSTRAP.read_text(), re.MULTILINE)
    uv = tools / "bin" / "uv"
    if locked and uv.exists() and run([str(uv), "--version"]).said.split()[1:2] == [locked[1]]:
        return None
    say("Installing uv (requirements/bootstrap.txt)")
    done = run([str(tools / "bin" / "python"), *PIP, "install", "--quiet", *_BY_HASH, "-r", str(BOOTSTRAP)])
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
    said = run([str(tools / "bin" / "python"), *PIP, "config", "list"]).said
    return {found[1]: found[3] for found in re.finditer(r"^[^.\n=]+\.([\w-]+)=(['\"])(.*)\2$", said, re.MULTILINE)}


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
        done = run([str(python), *PIP, "install", "--quiet", *options])
    if done.code:
        raise InstallError(fault_in(done.said) or f"HireLoop could not be installed: {last_line(done.said)}")
    run([str(python), "-m", "compileall", "-q", str(PROJECT / "src")])  # a start is quicker; it may fail


def pip_into(into: Path, tools: Path, what: Sequence[str], configured: Mapping[str, str]) -> None:
    """Let pip install, by their hashes; raises InstallError with its cause."""
    target = [] if into == tools else ["--python", str(into / "bin" / "python")]
    done = run([str(tools / "bin" / "python"), *PIP, *target, "install", *_BY_HASH, *what])
    if done.code:
        raise_known(done.said)
        if "from versions: none" in done.said:  # without its retries pip does not say that it reached nobody
            raise InstallError(NO_INDEX if configured.get("no-index") else OFFLINE)
        raise InstallError(f"pip ended with: {last_line(done.said)}")


if __name__ == "__main__":
    main()
