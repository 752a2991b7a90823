"""`openapi.json`, the OpenAPI document as it is reviewed: `python clients/openapi_file.py` writes it from the code.

Clients are generated from the file, so that whoever generates one needs neither the application nor its packages.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "openapi.json"


def made() -> dict[str, Any]:
    """Return the document that the application makes; its settings do not show in it, and nothing is connected to."""
    # What only reads the file does without the application.
    from hireloop import app
    from hireloop.api.openapi.document import document_of
    from hireloop.settings import Settings

    settings = Settings.read(
        _env_file=None,
        database_url="postgresql:///nowhere",
        secret_key="of nobody: only the document is made",  # noqa: S106 (it opens nothing)
        base_url="https://hire.example",
        default_from_email="hireloop@hire.example",
    )
    return document_of(app.build(settings))


def written(document: dict[str, Any]) -> bytes:
    """Return the document as the file has it: in its own order, which is the same at every start."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def read() -> dict[str, Any]:
    """Return the document in the file."""
    document: dict[str, Any] = msgspec.json.decode(PATH.read_bytes())
    return document


def main() -> None:
    """Write the file where it differs, and say which it was."""
    wanted = written(made())
    is_stale = not PATH.exists() or PATH.read_bytes() != wanted
    if is_stale:
        PATH.write_bytes(wanted)
    sys.stdout.write(f"openapi.json {'is written anew: look at the difference' if is_stale else 'is as it was'}.\n")


if __name__ == "__main__":
    main()
