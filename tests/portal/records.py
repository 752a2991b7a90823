"""What is on record: everything, to see that nothing was written."""

from hireloop import db


async def everything() -> dict[str, list[str]]:
    """Return every row of every table, with the transaction that wrote it: to be compared with a later reading.

    But for how often a link was pressed, which is counted also if nothing comes of it.
    """
    tables = await db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'press_rate' ORDER BY tablename"
    )
    found = {}
    for name in (row["tablename"] for row in tables):
        rows = await db.fetch(f"SELECT t::text || ' ' || t.xmin::text AS row FROM {name} t ORDER BY 1")  # noqa: S608 (a name from the catalogue)
        found[name] = [row["row"] for row in rows]
    return found
