"""Virtual environments for the tests of the locks: each Python and pip at hand, and newer releases to be tempted by."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[2]
INSTALL = CHECKOUT / "requirements" / "install.py"
LOCKS = sorted(path.stem for path in (CHECKOUT / "requirements").glob("*.txt") if path.stem != "bootstrap")

# Debian 12's and python.org's 3.11.7's, by the hash of their wheels: both resolve extras in spite of --require-hashes.
PIPS = {
    "23.0.1": "236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f",
    "23.2.1": "7ccf472345f20d35bdc9d1841ff5f313260c2c33fe417f48c30ac46cccabf5be",
}
_TOOLS = {"pip", "setuptools", "uv", "hireloop"}  # of the environment itself, unless a lock names them
_NEWER = ("pydantic", "piccolo", "litestar", "pluggy", "packaging")
_METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 99\nProvides-Extra: email\n"
_WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_LIST = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
_WHAT = "import sys, ensurepip; print(sys.version_info >= (3, 11), sys.base_prefix, sys.version.split()[0])"


def pythons() -> Iterator[tuple[str, str]]:
    """Yield the version and the path of each Python from 3.11 on that this machine offers, once each."""
    named = [*(f"python3.{minor}" for minor in range(11, 20)), "python3"]
    paths = [sys.executable, *(found for name in named if (found := shutil.which(name)))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    paths += ["/usr/bin/python3", *map(str, pyenv.glob("versions/3.*/bin/python3"))]
    seen = set()
    for path in paths:
        if not Path(path).exists():
            continue
        told = subprocess.run([path, "-c", _WHAT], capture_output=True, text=True, check=False).stdout.split()
        if told[:1] == ["True"] and told[1] not in seen:
            seen.add(told[1])
            yield told[2], str(Path(told[1]) / "bin" / f"python{told[2].rpartition('.')[0]}")


def newer_releases(folder: Path) -> Path:
    """Make wheels of releases that do not exist, which an installer that resolves would take."""
    folder.mkdir()
    for name in _NEWER:
        info = f"{name}-99.dist-info"
        with zipfile.ZipFile(folder / f"{name}-99-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "raise ImportError('a release of tomorrow')\n")
            wheel.writestr(f"{info}/METADATA", _METADATA.format(name=name))
            wheel.writestr(f"{info}/WHEEL", _WHEEL)
            wheel.writestr(f"{info}/RECORD", "")
    return folder


def surroundings(**added: str | Path) -> dict[str, str]:
    """Return this process's variables without what steers an installer, but how it reaches its index; and `added`."""
    steering = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS")
    reaching = ("PIP_CERT", "PIP_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CACHE_DIR", "UV_DEFAULT_INDEX", "UV_CACHE_DIR")
    kept = {name: value for name, value in os.environ.items() if name in reaching or not name.startswith(steering)}
    return {**kept, **{name: str(value) for name, value in added.items()}}


def make_environment(python: str, at: Path, *, pip: str = "") -> None:
    """Make an empty environment of this Python, with another pip where one is named."""
    subprocess.run([python, "-m", "venv", at], check=True)
    if pip:
        wanted = at / "pip.txt"
        wanted.write_text(f"pip=={pip} --hash=sha256:{PIPS[pip]}\n")
        command: list[str | Path] = [
            at / "bin" / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--require-hashes",
            "-r",
            wanted,
        ]
        subprocess.run(command, check=True, env=surroundings())


def install(python: str, *arguments: str | Path, **variables: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run install.py to its end; what it says on either channel stands in `stdout`."""
    command = [python, INSTALL, *arguments]
    return subprocess.run(
        command,
        env=surroundings(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )


def assert_exact(environment: Path, lock: str, python_version: str) -> None:
    """Assert that the environment holds what the lock names for this Python, in its versions, and nothing else."""
    command: list[str | Path] = [environment / "bin" / "python", "-c", _LIST]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    pins = locked(lock, python_version)
    held = {canonicalize_name(name): version for name, version in json.loads(told).items()}
    assert {name: version for name, version in held.items() if name in pins or name not in _TOOLS} == pins


def locked(lock: str, python_version: str) -> Mapping[str, str]:
    """Return name and version of what the lock names for this version of Python on this machine."""
    pins: dict[str, str] = {}
    for line in (CHECKOUT / "requirements" / f"{lock}.txt").read_text().splitlines():
        if not line[:1].isalnum():
            continue
        pin = Requirement(line.removesuffix("\\"))
        if pin.marker is None or pin.marker.evaluate({"python_full_version": python_version, **_minor(python_version)}):
            pins[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    return pins


def _minor(python_version: str) -> dict[str, str]:
    return {"python_version": ".".join(python_version.split(".")[:2])}
