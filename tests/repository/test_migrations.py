"""Migrations that were released are never edited: a database that has run one would not notice, and differ for ever."""

import hashlib
import importlib
import json

import pytest

from repository.files import ROOT

# Of each released migration: the digest of its app's name, its ID and its statements. Lines are only ever added here.
RELEASED = {
    "api_2026_11_29t00_00_00_000000": "ea39598b32d7280700f693458025e01ef13ccb3eac93e0059326237dfcdf97dc",
    "notify_2026_11_29t00_00_00_000000": "a837622fd9953466d4a1e9ccf2fdb1d929d7705db186b2000b8bdd4b5797209a",
    "scheduling_2026_11_29t00_00_00_000000": "23958ada154d1d222d03118b96ef21c0a16f138da3eae85576219f0429b7c98f",
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
