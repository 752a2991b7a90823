"""What `make dist`, `make sbom` and `make release` do besides building: checks, the bill of materials, the notes."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


class ReleaseError(Exception):
    """Something that a release must not have; its text is the sentence to show."""


def version() -> str:
    """Return the version of HireLoop, which is kept in pyproject.toml and nowhere else."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
