"""Which way PostgreSQL takes to each answer: every statement that the API sends for it, explained as it ran."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import httpx
import msgspec

from bench.api.questions import Question
from bench.parts import Database
from hireloop import app, db
from hireloop.access import api_keys
from hireloop.access.tables import Role

_NOT_EXPLAINED = ("BEGIN", "COMMIT", "ROLLBACK", "SET", "SAVEPOINT", "RELEASE")
_PAGES = re.compile(r"(?:hit|read)=(\d+)")
_TIMES = 5  # the first run reads from the disk what the others find in memory


class Plan(msgspec.Struct, frozen=True):
    """How one statement ran, planned for its own values and for any."""

    statement: str
    for_these: str
    for_any: str
    planned_anew: bool  # each time, for its own values; else for any, from its sixth run on

    @property
    def as_it_runs(self) -> tuple[str, ...]:
        """The plans that PostgreSQL uses."""
        return (self.for_these,) if self.planned_anew else (self.for_these, self.for_any)

    @property
    def pages(self) -> int:
        """How many pages of 8 kB it read, from memory or the disk, at the worst."""
        return max(sum(map(int, _PAGES.findall(_first_line_with("Buffers: shared", plan)))) for plan in self.as_it_runs)

    @property
    def milliseconds(self) -> float:
        """How long it ran, at the worst, without being planned."""
        return max(float(_first_line_with("Execution Time:", plan).split()[-2]) for plan in self.as_it_runs)


def explain(database: Database, questions: Sequence[Question]) -> dict[str, list[Plan]]:
    """Return the plans of each question's statements, by its name."""
    return asyncio.run(_explain(database, questions))


async def _explain(database: Database, questions: Sequence[Question]) -> dict[str, list[Plan]]:
    application = app.build(database.settings)
    found: dict[str, list[Plan]] = {}
    async with application.lifespan():
        _, key = await api_keys.create("plans", Role.RECRUITER)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application),  # type: ignore[arg-type] # Litestar's ASGI types
            base_url="https://hire.example",
            headers={"Authorization": f"Bearer {key}"},
        )
        explaining = await asyncpg.connect(database.url)
        async with client:
            await client.get("/api/jobs/")  # the key is known from now on
            for question in questions:
                found[question.name] = [await _plan(explaining, one) for one in await _statements(client, question)]
        await explaining.close()
    return found


class _Statement(msgspec.Struct, frozen=True):
    sql: str
    args: Sequence[object]
    planned_anew: bool


async def _statements(client: httpx.AsyncClient, question: Question) -> list[_Statement]:
    """Ask, and return the statements that the answer took; whoever asks alone gets the pool's latest connection."""
    said: list[_Statement] = []
    anew = False

    def hear(record: asyncpg.connection.LoggedQuery) -> None:
        nonlocal anew
        anew = anew or "force_custom_plan" in record.query
        if not record.query.lstrip().startswith(_NOT_EXPLAINED):
            said.append(_Statement(record.query, record.args or (), anew))

    if db.DB.pool is None:
        raise SystemExit("The application has not opened its database.")
    async with db.DB.pool.acquire() as connection:
        connection.add_query_logger(hear)
    answer = await client.get(question.path)
    async with db.DB.pool.acquire() as connection:
        connection.remove_query_logger(hear)
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{question.path}: {answer.text}")
    return said


async def _plan(connection: asyncpg.Connection, said: _Statement) -> Plan:
    given = f"({', '.join(map(literal, said.args))})" if said.args else ""
    await connection.execute(f"PREPARE explained AS {said.sql}")
    plans = []
    for mode in ("force_custom_plan", "force_generic_plan"):
        await connection.execute(f"SET plan_cache_mode = {mode}")
        for _ in range(_TIMES):
            lines = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) EXECUTE explained{given}")
        plans.append("\n".join(line[0] for line in lines))
    await connection.execute("DEALLOCATE explained")
    return Plan(" ".join(said.sql.split()), plans[0], plans[1], said.planned_anew)


def _first_line_with(text: str, plan: str) -> str:
    """Return the line in which this stands first, which is that of the whole statement, or nothing."""
    of_running = plan.partition("\nPlanning:")[0] if text.startswith("Buffers") else plan
    return next((line for line in of_running.splitlines() if text in line), "")


def literal(value: object) -> str:
    """Return a value as SQL of no certain type; where it stands says which it is."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case datetime():
            return f"'{value.isoformat()}'"
        case list() | tuple():
            quoted = ",".join(str(one).replace("\\", "\\\\").replace('"', '\\"') for one in value)
            return f"'{{{quoted}}}'"
        case str() | UUID():
            return "'{}'".format(str(value).replace("'", "''"))
        case _:
            raise SystemExit(f"A list asks with a {type(value).__name__}, which bench/api/plans.py cannot write.")
