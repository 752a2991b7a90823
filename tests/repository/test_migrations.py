"""Migrations that were released are never edited: a database that has run one would not notice, and differ for ever."""

import hashlib
import importlib
import json

import pytest

from repository.files import ROOT

# Of each released migration: the digest of its app's name, its ID and its statements. Lines are only ever added here.
RELEASED = {
    "api_2026_11_29t00_00_00_000000": "192e235de5766a778d924017f730ad76fa9f0fef7d60b93038f1d1c524023e02",
    "notify_2026_11_29t00_00_00_000000": "35ba6fe4b1ef3abd6aefadd4a6abfa29b23c64d18a2a29f3962548e5734278a3",
    "scheduling_2026_11_29t00_00_00_000000": "abc225514e900d91dd37d0261e1ad6b82dbffcc2a7889cbc48465cd5239f895d",
}


def digest_of(module: str) -> str:
    """Return the digest of what a migration does: comments and the file around it may change."""
    migration = importlib.import_module(module)
    said = json.dumps([module.split(".")[1], migration.ID, list(migration.STATEMENTS)])
    return hashlib.sha256(said.encode()).hexdigest()


MODULES = sorted(
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in ROOT.glob("src/hireloop/*/migrations/[a-z]*.py")
)


@pytest.mark.parametrize("module", MODULES)
def test_a_released_migration_is_what_it_was(module: str) -> None:
    assert digest_of(module) == RELEASED[module.rpartition(".")[2]]


def test_every_released_migration_is_still_there() -> None:
    assert {module.rpartition(".")[2] for module in MODULES} == set(RELEASED)
