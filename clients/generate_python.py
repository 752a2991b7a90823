"""The Python client, generated from `openapi.json`: `python clients/generate_python.py` brings it up to date.

It is not kept in the tree. Whatever needs it calls `bring_up_to_date`, which costs some milliseconds where nothing has
changed. Digests of what the client is made from, and of what was made, tell; modification times do not.
"""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import msgspec

import openapi_file
from locks import locked

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "python" / "hireloop_client"
_CONFIG = HERE / "python" / "generate.yaml"
_MADE_FROM = ".made-from"  # in the package: the digests; not in the wheel
_IF_NONE_MATCH = {"$ref": "#/components/parameters/IfNoneMatch"}
_BIN = Path(sys.executable).parent


def version() -> str:
    """Return HireLoop's version, which is its clients' too."""
    found: str = tomllib.loads((openapi_file.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return found


def bring_up_to_date(package: Path = PACKAGE) -> bool:
    """Generate the client where it is missing, stale or altered, and return whether it was.

    Processes that call at once wait for each other. Raises CalledProcessError with what the generator said.
    """
    if is_up_to_date(package):
        return False
    with locked(package.parent):
        if is_up_to_date(package):  # another process was quicker
            return False
        generate(package)
    return True


def is_up_to_date(package: Path) -> bool:
    """Return whether the client is what the generator made of the very document, configuration and versions."""
    try:
        return (package / _MADE_FROM).read_text() == f"{_digest_of_sources()} {_digest_of(package)}\n"
    except OSError:
        return False


def generate(package: Path) -> None:
    """Write the client's package; it takes the old one's place when it is whole. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".generating-") as folder:
        source, into = Path(folder) / "openapi.json", Path(folder) / package.name
        source.write_bytes(msgspec.json.encode(without_304(openapi_file.read())))
        what: list[str | Path] = ["--path", source, "--output-path", into, "--config", _CONFIG]
        subprocess.run(  # noqa: S603 (our own arguments)
            [_BIN / "openapi-python-client", "generate", *what, "--meta", "none", "--fail-on-warning"],
            check=True,
            env={**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"},  # where ruff is
            stdout=subprocess.DEVNULL,
        )
        (into / "py.typed").touch()
        (into / "version.py").write_text(
            f'"""The version of HireLoop that this is the client of."""\n\n__version__ = "{version()}"\n'
        )
        (into / _MADE_FROM).write_text(f"{_digest_of_sources()} {_digest_of(into)}\n")
        shutil.rmtree(package, ignore_errors=True)
        into.rename(package)


def without_304(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without conditional reads: an answer without a body would make every read's type Any."""
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    for operation in (it for item in copy["paths"].values() for it in item.values()):
        operation["responses"].pop("304", None)
        operation["parameters"] = [it for it in operation["parameters"] if it != _IF_NONE_MATCH]
    return copy


def _digest_of_sources() -> str:
    versions = [importlib.metadata.version(name) for name in ("openapi-python-client", "ruff")]
    sources = [file.read_bytes() for file in (openapi_file.PATH, _CONFIG, Path(__file__))]
    return hashlib.sha256(b"\0".join([*(it.encode() for it in (version(), *versions)), *sources])).hexdigest()


def _digest_of(package: Path) -> str:
    """Return the digest of every module of the package; raises OSError where there is none."""
    whole = hashlib.sha256((package / "py.typed").read_bytes())
    for file in sorted(package.rglob("*.py")):
        whole.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return whole.hexdigest()


if __name__ == "__main__":
    bring_up_to_date()
