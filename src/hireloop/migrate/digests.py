"""What each migration does, as a digest: recorded when it runs, and compared ever after.

A migration of a release is never edited. A digest that differs is of a commit between two releases, and its database
may differ from every release in ways that nobody knows.
"""

import hashlib
import importlib
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hireloop.errors import DatabaseNotReady
from hireloop.migrate import schema
from hireloop.scheduling.tables import MigrationDigest

_SOURCE = Path(__file__).parents[1]
_ID = re.compile(r'^ID = "(.+)"$', re.MULTILINE)


@cache
def modules() -> dict[str, str]:
    """Return the module of each of this code's migrations by its ID, from the files' text: to import one is slow."""
    return {
        found[1]: ".".join(("hireloop", *file.relative_to(_SOURCE).with_suffix("").parts))
        for file in sorted(_SOURCE.glob("*/migrations/[a-z]*.py"))
        for found in _ID.finditer(file.read_text("utf-8"))
    }


def digest_of(module: str) -> str:
    """Return the digest of a migration's app, ID and statements; comments and the file around them may change."""
    migration = importlib.import_module(module)
    said = json.dumps([module.split(".")[1], migration.ID, list(migration.STATEMENTS)])
    return hashlib.sha256(said.encode()).hexdigest()


async def record(done: Iterable[str]) -> None:
    """Record the digests of those of `done` that this code has and that have none, as in a database of 0.1.0."""
    missing = {one for one in done if one in modules()} - (await _recorded()).keys()
    if missing:
        rows = [MigrationDigest(migration=one, digest=digest_of(modules()[one])) for one in sorted(missing)]
        await MigrationDigest.insert(*rows)


async def refuse_unreleased() -> None:
    """Raise DatabaseNotReady if a migration has run in another form than this code's."""
    ours = schema.expected().migrations
    for migration, digest in sorted((await _recorded()).items()):
        if ours.get(migration, digest) != digest:
            msg = (
                f"This database was created by an unreleased commit of HireLoop, whose migration {migration} differs "
                "from the released one, and cannot be upgraded: use an empty database, or restore a backup of a "
                "released version."
            )
            raise DatabaseNotReady(msg)


async def _recorded() -> dict[str, str]:
    if not await schema.has_table("migration_digest"):  # as in a database of 0.1.0
        return {}
    rows = await MigrationDigest.select(MigrationDigest.migration, MigrationDigest.digest)
    return {row["migration"]: row["digest"] for row in rows}
