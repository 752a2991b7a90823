"""Generate the Python client from the OpenAPI document: `python clients/generate_python.py [DIRECTORY]`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from hireloop import app
from hireloop.api.document import document_of
from hireloop.settings import Settings

PACKAGE = Path(__file__).parent / "python" / "hireloop_client"
_CONFIG = PACKAGE.parent / "generate.yaml"
_IF_NONE_MATCH = {"$ref": "#/components/parameters/IfNoneMatch"}
_BIN = Path(sys.executable).parent


def document() -> bytes:
    """Return the document as JSON; the settings do not show in it, and nothing is connected to."""
    settings = Settings.read(
        _env_file=None,
        database_url="postgresql:///nowhere",
        secret_key="of nobody: only the document is made",  # noqa: S106 (it opens nothing)
        base_url="https://hire.example",
        default_from_email="hireloop@hire.example",
    )
    return msgspec.json.format(msgspec.json.encode(_without_304(document_of(app.build(settings)))))


def _without_304(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without conditional reads: an answer without a body would make every read's type Any."""
    copy: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    for operation in (it for item in copy["paths"].values() for it in item.values()):
        operation["responses"].pop("304", None)
        operation["parameters"] = [it for it in operation["parameters"] if it != _IF_NONE_MATCH]
    return copy


def generate(into: Path) -> None:
    """Write the client's package into this directory; raises CalledProcessError with what the generator said."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "openapi.json"
        source.write_bytes(document())
        what: list[str | Path] = ["--path", source, "--output-path", into, "--config", _CONFIG]
        how = ["--meta", "none", "--overwrite", "--fail-on-warning"]
        subprocess.run(  # noqa: S603 (our own arguments)
            [_BIN / "openapi-python-client", "generate", *what, *how],
            check=True,
            env={**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"},  # where ruff is
            stdout=subprocess.DEVNULL if into != PACKAGE else None,
        )


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if sys.argv[1:] else PACKAGE)
