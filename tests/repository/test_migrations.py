"""Migrations that were released are never edited: a database that has run one would not notice, and differ for ever."""

import hashlib
import importlib
import json

import pytest

from repository.files import ROOT

# Of each released migration: the digest of its app's name, its ID and its statements. Lines are only ever added here.
RELEASED = {
    "api_2026_11_29t00_00_00_000000": "192e235de5766a778d924017f730ad76fa9f0fef7d60b93038f1d1c524023e02",
    "notify_2026_11_29t00_00_00_000000": "f24f74f841e01eb1559f43d530986d14b29808dcde5cae0d0cb45a9a735a55ce",
    "scheduling_2026_11_29t00_00_00_000000": "aa852bc33b6db3b0429994dc9335c187b60d96a07b2dba0e65d1be4f99c6ac7c",
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
