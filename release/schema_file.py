"""Write what the code needs of the schema, from a freshly migrated database: `make schema`.

python -m release.schema_file
"""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

from hireloop import db, migrate
from hireloop.local.postgres.server import EmbeddedPostgres
from hireloop.migrate import digests, schema
from hireloop.statements import Statement

# What the migrations have made; Piccolo's own table is Piccolo's.
_MADE = Statement("""
    SELECT ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
            AND relkind IN ('r', 'p', 'v') AND relname <> 'migration') AS relations,
        ARRAY(SELECT proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
            AND prokind = 'f' AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype IN ('e', 'i'))
        ) AS functions
""")


async def text_of_expected() -> str:
    """Return the file for the open database, to which this code's migrations have been applied."""
    made = await _MADE.row()
    assert made is not None  # noqa: S101 (a SELECT without FROM has a row)
    objects, _ = await schema.read_objects(relations=made["relations"], functions=made["functions"])
    migrations = {migration: digests.digest_of(module) for migration, module in sorted(digests.modules().items())}
    return json.dumps({"migrations": migrations, "objects": objects}, indent=2) + "\n"


async def _write(url: str) -> None:
    async with db.opened(url, pool_size=1):
        async with db.DB.transaction():
            await migrate.run_missing()
        schema.EXPECTED.write_text(await text_of_expected(), "utf-8")


def main() -> None:
    """Write the file."""
    folder = Path(tempfile.mkdtemp(prefix="hireloop-schema-"))
    server = EmbeddedPostgres(folder, {"fsync": "off"})
    try:
        asyncio.run(_write(server.start()))
    finally:
        server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
