"""Database roles with just the privileges that a test gives them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg

ROLE = "hireloop_dml"
FUNCTION = f"GRANT EXECUTE ON FUNCTION blank_audit_of_erased TO {ROLE}"


@asynccontextmanager
async def role_with(url: str, granted: Mapping[str, tuple[str, ...]]) -> AsyncIterator[str]:
    """Keep a role that has just these privileges for a block, and say its URL.

    With any of a table's it may also call the function that not everybody may call.
    """
    owner = await asyncpg.connect(url)
    superuser = await asyncpg.connect(url.replace("postgresql://hireloop@", "postgresql://postgres@"))
    await superuser.execute(f"CREATE ROLE {ROLE} LOGIN")
    try:
        for table, allowed in granted.items():
            await owner.execute(f"GRANT {', '.join(allowed)} ON {table} TO {ROLE}")
        if granted:
            await owner.execute(FUNCTION)
        yield url.replace("//hireloop@", f"//{ROLE}@")
    finally:
        await superuser.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
        await superuser.close()
        await owner.close()
