"""Numbered people: interview, candidate and slot number n, so that every client can tell its own from n alone.

Each interview has a candidate of its own and a slot of its own with one seat; an interviewer has a slot an hour.
The expressions are SQL over `n`, the same for the rows that are made and for the statements that look for them.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from bench.parts import Database

FIRST = 10**11  # twelve digits, so that a number is the last group of a UUID
NAME = "Asha Rao"
JOB = UUID("40000000-0000-7000-8000-000000000000")
SLOTS_OF_EACH = 2000  # interviewer, an hour apart
_EPOCH = datetime(2031, 1, 6, 4, 30, tzinfo=UTC)
_STEMS = {"interview": "10000000", "candidate": "20000000", "slot": "30000000"}


class Person(NamedTuple):
    """One interview to be booked."""

    n: int
    interview: UUID
    candidate: UUID
    slot: UUID
    email: str
    interviewer_email: str
    starts_at: datetime


def person(n: int) -> Person:
    """Return number n as the rows have it."""
    ids = {kind: UUID(f"{stem}-0000-7000-8000-{n:012}") for kind, stem in _STEMS.items()}
    return Person(
        n,
        ids["interview"],
        ids["candidate"],
        ids["slot"],
        f"asha.{n}@bench.example",
        f"interviewer.{n // SLOTS_OF_EACH}@example.com",
        _EPOCH + timedelta(hours=n % SLOTS_OF_EACH),
    )


def uuid_sql(stem: str, n: str) -> str:
    """Return the SQL of a UUID's text that ends in n."""
    return f"'{stem}-0000-7000-8000-' || {n}"


def email_sql(n: str) -> str:
    """Return the SQL of candidate n's address."""
    return f"'asha.' || {n} || '@bench.example'"


def interviewer_email_sql(n: str) -> str:
    """Return the SQL of the address of slot n's interviewer."""
    return f"'interviewer.' || {n}::bigint / {SLOTS_OF_EACH} || '@example.com'"


def starts_at_sql(n: str) -> str:
    """Return the SQL of the start of slot n."""
    return f"timestamptz '{_EPOCH.isoformat()}' + make_interval(hours => ({n}::bigint % {SLOTS_OF_EACH})::int)"


class Crowd:
    """Hands out numbers whose rows exist and that nobody has booked yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._next = FIRST
        database.fetch(
            "INSERT INTO job (id, title, company, recruiter_email, created_at) "
            "VALUES ($1, 'Backend Engineer', 'Example Labs', 'recruiter@example.com', now())",
            JOB,
        )

    def more(self, count: int) -> range:
        """Make that many interviews to be booked, and return their numbers."""
        numbers = range(self._next, self._next + count)
        self._next += count
        for statement in _MAKE:
            self._database.fetch(statement, numbers.start, numbers.stop - 1)
        self._database.settle_down()
        return numbers


def made(table: str, kind: str, **columns: str) -> str:
    """Return the statement that makes rows $1 to $2 of a table: an id of this kind and, for each column, its SQL."""
    values = ", ".join([_id(kind), *columns.values()])
    return (
        f"INSERT INTO {table} (id, {', '.join(columns)}) "  # noqa: S608 (our own constants)
        f"SELECT {values} FROM generate_series($1::bigint, $2::bigint) n"
    )


def _id(kind: str) -> str:
    return f"({uuid_sql(_STEMS[kind], 'n::text')})::uuid"


# What both ways of booking need of a row, by column.
CANDIDATE = {"full_name": f"'{NAME}'", "email": email_sql("n::text")}
SLOT = {"starts_at": starts_at_sql("n"), "ends_at": f"{starts_at_sql('n')} + interval '45 minutes'"}
CANDIDATES_ID = _id("candidate")
_MAKE = (
    made("candidate", "candidate", **CANDIDATE, time_zone="'Asia/Kolkata'", created_at="now()"),
    made("interview", "interview", candidate=CANDIDATES_ID, job=f"'{JOB}'", created_at="now()"),
    made("slot", "slot", **SLOT, interviewer_email=interviewer_email_sql("n"), created_at="now()"),
)
