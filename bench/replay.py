"""A booking's own statements as a pgbench script: recorded from `schedules.book`, replayed for any number n.

Nothing is copied from the program: whatever it sends is what pgbench sends. Each value is written as an expression
of n, so that a million replays are a million bookings.
"""

import asyncio
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg
from opentelemetry.sdk.trace import TracerProvider

from bench import crowd
from bench.crowd import Crowd, Person
from bench.parts import Database, program_of_postgres
from hireloop import db
from hireloop.notify.channels import configured
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import booking
from hireloop.scheduling.bookings.booking import WindowSettings
from hireloop.settings import Settings
from hireloop.telemetry import current, spans

FIRST_REPLAYED = UUID("90000000-0000-7000-8000-000000000000")  # a replayed booking's ids are higher, others lower

_N = ":n"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PLACEHOLDER = re.compile(r"\$(\d+)")
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"number of failed transactions: (\d+)")
_NEAR = timedelta(days=1)


class Statement(NamedTuple):
    """One statement as the program sent it."""

    sql: str
    args: tuple[object, ...]


class Script(NamedTuple):
    """Statements to be replayed, in pgbench's language."""

    path: Path


class Recording:
    """The statements of one booking, as it was made for this purpose."""

    def __init__(self, database: Database, people: Crowd, settings: Settings | None = None) -> None:
        self._person = crowd.person(people.more(1).start)
        self._statements, self._trace_id = asyncio.run(_record(database, self._person, settings or database.settings))
        if not any("INSERT INTO schedule" in statement.sql for statement in self._statements):
            raise SystemExit("The recorded booking wrote no schedule.")

    def script(self, folder: Path, *, whole: bool) -> Script:
        """Write the pgbench script: the whole booking, or its one writing statement."""
        chosen = [s for s in self._statements if whole or "INSERT INTO schedule" in s.sql]
        writer = _Writer(self._person, self._trace_id)
        lines = [r"\set n :first + :i * :clients + :client_id", r"\set i :i + 1"]
        lines += [f"{writer.replayed(statement)};" for statement in chosen]
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        path = folder / f"booking-{len(chosen)}.sql"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        path.chmod(0o644)
        return Script(path)


def pgbench(database: Database, script: Script, people: Crowd, *, clients: int, bookings: int) -> float:
    """Replay the script so many times in all, and return how many a second."""
    each = bookings // clients
    numbers = people.more(each * clients)
    defined = {"first": numbers.start, "clients": clients, "i": 0}
    command = [str(program_of_postgres("pgbench")), "-n", "-M", "prepared", "-c", str(clients), "-j", "1"]
    command += ["-t", str(each), "-f", str(script.path), *(f"-D{name}={value}" for name, value in defined.items())]
    done = subprocess.run([*command, database.url], capture_output=True, text=True, check=False)
    found, failed = _TPS.search(done.stdout), _FAILED.search(done.stdout)
    if done.returncode or found is None or (failed and int(failed[1])):
        raise SystemExit(f"pgbench failed:\n{done.stdout}{done.stderr}")
    booked = database.fetch(
        "SELECT count(*) AS booked FROM interview WHERE state = 'scheduled' AND id BETWEEN $1 AND $2",
        crowd.person(numbers.start).interview,
        crowd.person(numbers.stop - 1).interview,
    )[0]["booked"]
    if booked != len(numbers):
        raise SystemExit(f"pgbench replayed {len(numbers)} bookings, and {booked} interviews are booked.")
    return float(found[1])


async def _record(database: Database, person: Person, settings: Settings) -> tuple[list[Statement], str]:
    """Book for real, and listen at the door to the database."""
    sent: list[Statement] = []
    fetch = db.fetch

    async def heard(sql: str, *args: object) -> list[asyncpg.Record]:
        sent.append(Statement(sql, args))
        return await fetch(sql, *args)

    channels = configured.channels(settings)
    tracer = TracerProvider().get_tracer("bench")
    spans.use(tracer)
    async with db.opened(database.url, pool_size=1):
        db.fetch = heard
        try:
            with current.during(tracer.start_span("recorded")):
                await booking.book(
                    person.interview,
                    person.slot,
                    booking_notes="",
                    booked_by=Actor("bench"),
                    outbox=Outbox(channels=channels, message_id_domain="hire.example"),
                    windows=WindowSettings(settings.portal_early_seconds, settings.portal_late_seconds),
                )
                return sent, spans.current_trace_id()
        finally:
            db.fetch = fetch


class _Writer:
    """Writes a recorded statement so that it books number n instead of the person it was recorded with."""

    def __init__(self, person: Person, trace_id: str) -> None:
        self._person = person
        self._texts: dict[str, str] = {  # a text as it was recorded -> the SQL of what number n has there
            person.email: crowd.email_sql(_N),
            person.interviewer_email: crowd.interviewer_email_sql(_N),
            str(crowd.JOB): f"'{crowd.JOB}'",
            trace_id: f"md5({_N}::text)",
        }
        self._fresh = 0

    def replayed(self, statement: Statement) -> str:
        """Return the statement with every placeholder replaced by its value for n."""
        return _PLACEHOLDER.sub(lambda found: self._value(statement.args[int(found[1]) - 1]), statement.sql)

    def _value(self, value: object) -> str:  # noqa: PLR0911 (a type a line)
        match value:
            case None:
                return "NULL"
            case bool():
                return str(value).lower()
            case int() | float():
                return str(value)
            case UUID():
                return f"({self._text(str(value))})::uuid"
            case datetime():
                return f"({self._moment(value)})"
            case str():
                return f"({self._text(value)})"
            case list():
                return f"ARRAY[{', '.join(self._value(item) for item in value)}]"
            case _:
                raise SystemExit(f"A booking sends a {type(value).__name__}, which bench/replay.py cannot write.")

    def _moment(self, value: datetime) -> str:
        since = value - self._person.starts_at
        if abs(since) < _NEAR:
            return f"{crowd.starts_at_sql(_N)} + make_interval(secs => {since.total_seconds()})"
        ahead = (value - datetime.now(value.tzinfo)).total_seconds()
        return f"now() + make_interval(secs => {round(ahead / 60) * 60})"

    def _text(self, value: str) -> str:
        """Return a text as SQL: what belongs to the person becomes number n's, a fresh id n's own."""
        for ident in _UUID.findall(value):
            if ident not in self._texts:
                self._texts[ident] = crowd.uuid_sql(self._stem(ident), _N)
        known = re.compile("|".join(map(re.escape, self._texts)))
        parts, at = [], 0
        for found in known.finditer(value):
            parts += [_literal(value[at : found.start()]), self._texts[found[0]]]
            at = found.end()
        parts.append(_literal(value[at:]))
        return " || ".join(part for part in parts if part) or "''"

    def _stem(self, ident: str) -> str:
        if ident.endswith(str(self._person.n)):
            return ident[:8]  # the person's own ids: the same stem, another number
        self._fresh += 1
        return f"9{self._fresh:07}"


def _literal(text: str) -> str:
    """Return a text as SQL without a colon, which pgbench would take for a variable's."""
    if not text:
        return ""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3A")
    return f"E'{escaped}'" if "\\" in escaped else f"'{escaped}'"
