import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

import factories
from factories import post_all
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.traces.spans import SpanReceiver
from hireloop.scheduling import audit
from hireloop.scheduling.bookings.booking import BookingResult
from processes import Server, WorkerProcess, environment

KEY = re.compile(r"hl_[A-Za-z0-9_-]{65}")
PAST = datetime(2026, 11, 21, 12, tzinfo=UTC)
COMMANDS = [
    *("up", "serve", "work", "migrate", "doctor", "send-test", "preview", "bounces", "channels"),
    *("keys create", "keys list", "keys revoke", "deliveries list", "deliveries replay"),
    *("interviews show", "sessions show", "bookings show"),
]


def hireloop(*arguments: str, env: dict[str, str], seconds: float = 30) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a directory without an `.env`."""
    return subprocess.run(
        [sys.executable, "-m", "hireloop", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=tempfile.gettempdir(),
    )


def refusal(*arguments: str, env: dict[str, str], code: int = 1) -> str:
    """Assert that a command refuses with one sentence, and return it."""
    ran = hireloop(*arguments, env=env)
    assert ran.returncode == code, ran
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    assert "canary" not in ran.stderr
    (sentence,) = [line for line in ran.stderr.splitlines() if not line.startswith(("hireloop: warning:", "{"))]
    assert sentence.startswith("hireloop: ")
    return sentence


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    return environment(database_url)


@pytest.fixture
async def booked(database_url: str) -> AsyncIterator[BookingResult]:
    """A booking in the commands' database."""
    async with db.opened(database_url, pool_size=2):
        yield await factories.book(email="asha@example.com")


def test_help_names_every_command(env: dict[str, str]) -> None:
    ran = hireloop("--help", env=env)
    assert ran.returncode == 0
    for command in {name.split()[0] for name in [*COMMANDS, "ledger"]}:
        assert re.search(rf"^  {command}\s+\S", ran.stdout, re.MULTILINE), command


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["up", "--once"],
        ["serve", "--port", "0"],
        ["keys", "create", "--role", "owner", "--name", "x"],
        ["keys", "create", "--role", "admin"],
        ["keys", "revoke", "seven"],
        ["deliveries", "list", "--state", "lost"],
        ["deliveries", "show"],
        ["bookings", "show"],
        ["interviews", "show", "seven"],
    ],
)
def test_wrong_usage_is_2_and_says_how(arguments: list[str], env: dict[str, str]) -> None:
    ran = hireloop(*arguments, env=env)
    assert ran.returncode == 2
    assert ran.stderr.startswith("Usage: ")
    assert "Error: " in ran.stderr


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        ("serve", "EMAIL_PORT", "canary"),
        ("work", "SECRET_KEY", "canary"),
        ("migrate", "DATABASE_URL", "mysql://u:canary@h/d"),
        ("ledger", "DATABASE_URL", "postgresql://u:canary@127.0.0.1:1/d"),
        ("ledger", "DATABASE_URL", "postgresql://u:canary@h/d?sslmode=perhaps"),
        ("up", "EMAIL_BACKEND", "pigeon"),
    ],
)
def test_a_bad_setting_is_one_sentence_that_names_it(
    command: str, variable: str, value: str, env: dict[str, str]
) -> None:
    assert variable in refusal(command, env={**env, variable: value})


@pytest.mark.parametrize("command", ["serve", "work", "ledger"])
def test_another_secret_than_the_databases_is_refused(command: str, env: dict[str, str]) -> None:
    sentence = refusal(command, env={**env, "SECRET_KEY": "another secret, which is long enough too"})
    assert sentence.startswith("hireloop: SECRET_KEY differs from the one")
    assert "--accept-secret" in sentence


@pytest.mark.parametrize("command", ["serve", "work"])
def test_nothing_serves_or_works_without_a_secret(command: str, env: dict[str, str]) -> None:
    without = {name: value for name, value in env.items() if name != "SECRET_KEY"}
    assert "SECRET_KEY is not set" in refusal(command, env=without)


async def test_a_database_that_is_behind_is_refused_and_migrated_once(database_url: str, env: dict[str, str]) -> None:
    async with db.opened(database_url, pool_size=1):
        await db.fetch("DROP TABLE stored_response, response_use, request_rate, press_rate, sign_in, api_key")
        await db.fetch("DELETE FROM migration WHERE app_name = 'api'")
    assert "Run `hireloop migrate`" in refusal("keys", "list", env=env)
    said = [hireloop("migrate", env=env) for _ in range(2)]
    assert [(ran.returncode, ran.stdout) for ran in said] == [
        (0, "3 migrations run.\n"),
        (0, "The database is up to date.\n"),
    ]
    other = {**env, "SECRET_KEY": "another secret, which is long enough too"}
    assert "SECRET_KEY differs from the one" in refusal("migrate", env=other)
    assert hireloop("migrate", "--accept-secret", env=other).returncode == 0
    assert "SECRET_KEY differs from the one" in refusal("keys", "list", env=env)


async def test_a_key_is_printed_alone_then_listed_and_revoked(database_url: str, env: dict[str, str]) -> None:
    made = hireloop("keys", "create", "--role", "recruiter", "--name", "front end", env=env)
    assert (made.returncode, made.stderr) == (0, "")
    key = made.stdout.removesuffix("\n")
    assert KEY.fullmatch(key)
    async with db.opened(database_url, pool_size=1):
        holder = await api_keys.KeyRing().holder_of(key)
    assert (holder.name, holder.role) == ("front end", "recruiter")
    listed = hireloop("keys", "list", env=env).stdout
    assert re.fullmatch(rf"{holder.id}  recruiter  never +  live     front end\n", listed)
    assert hireloop("keys", "revoke", str(holder.id), env=env).stdout == "Revoked: front end\n"
    assert "revoked" in hireloop("keys", "list", env=env).stdout
    assert "There is no API key" in refusal("keys", "revoke", str(UUID(int=7)), env=env)
    async with db.opened(database_url, pool_size=1):
        entries = await audit.page(audit.AuditFilter(subject=holder.id), limit=9, after=None)
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("key.revoked", "the command line"),
        ("key.created", "the command line"),
    ]


async def test_a_key_is_made_to_expire_and_is_warned_of(database_url: str, env: dict[str, str]) -> None:
    made = ["keys", "create", "--role", "viewer"]
    for name, options in (("soon", ["--expires-in", "13d"]), ("later", ["--expires-at", "2999-12-01T10:00:00+05:30"])):
        assert KEY.fullmatch(hireloop(*made, "--name", name, *options, env=env).stdout.strip())
    async with db.opened(database_url, pool_size=1):
        await api_keys.create("over", Role.VIEWER, expires_at=PAST + timedelta(days=1), now=PAST)
    listed = hireloop("keys", "list", env=env)
    shown = [line.partition(" never ")[2].split() for line in listed.stdout.splitlines()]
    assert sorted(line[:3] for line in shown) == [
        ["expired", "over"],
        ["live", "later", "expires"],
        ["live", "soon", "expires"],
    ]
    assert "  later  expires 2999-12-01 04:30:00Z" in listed.stdout
    assert re.fullmatch(r"Warning: soon expires [0-9 :-]+Z\. Create a replacement now\.\n", listed.stderr)


@pytest.mark.parametrize(
    "options",
    [
        ["--expires-in", "3 months"],
        ["--expires-in", "0d"],
        ["--expires-at", "2027-12-01"],
        ["--expires-at", "2020-12-01T10:00:00Z"],
        ["--expires-in", "90d", "--expires-at", "2027-12-01T10:00:00Z"],
    ],
)
def test_an_end_that_is_none_makes_no_key(options: list[str], env: dict[str, str]) -> None:
    ran = hireloop("keys", "create", "--role", "admin", "--name", "x", *options, env=env)
    assert ran.returncode in {1, 2}
    assert ran.stdout == ""
    assert "expires" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_no_key_is_called_as_a_candidate_is(env: dict[str, str]) -> None:
    said = refusal("keys", "create", "--role", "recruiter", "--name", " The  candidate", env=env)
    assert "a name that HireLoop uses itself" in said


@pytest.mark.parametrize("name", ["", "  "])
def test_a_key_without_a_name_is_not_made(name: str, env: dict[str, str]) -> None:
    ran = hireloop("keys", "create", "--role", "admin", "--name", name, env=env)
    assert ran.returncode in {1, 2}
    assert "Traceback" not in ran.stderr
    assert "name" in ran.stderr


async def test_the_ledger_is_0_until_somebody_is_not_told(booked: BookingResult, env: dict[str, str]) -> None:
    assert booked.deliveries
    ran = hireloop("ledger", env=env)
    assert (ran.returncode, ran.stdout) == (0, "pending: 1\nunaccounted: 0\n")
    await db.fetch("DELETE FROM delivery")
    ran = hireloop("ledger", env=env)
    assert (ran.returncode, ran.stdout) == (1, "unaccounted: 1\n")


async def test_deliveries_are_listed_and_shown(booked: BookingResult, env: dict[str, str]) -> None:
    (delivery,) = booked.deliveries
    listed = hireloop("deliveries", "list", env=env)
    assert listed.returncode == 0
    assert listed.stdout.startswith(f"{delivery.id}  pending")
    assert "a…@example.com" in listed.stdout
    assert hireloop("deliveries", "list", "--state", "sent", env=env).stdout == ""
    shown = hireloop("deliveries", "show", str(delivery.id), env=env).stdout
    assert shown.startswith("invitation to a…@example.com on email: pending, due ")
    assert delivery.message_id in shown
    assert "There is no delivery" in refusal("deliveries", "show", str(UUID(int=7)), env=env)


# --- Processes that stay ---------------------------------------------------------------------------------------------


@pytest.fixture
def spans() -> Iterator[SpanReceiver]:
    receiver = SpanReceiver()
    yield receiver
    receiver.stop()


def book(server: Server, key: str) -> str:
    """Book over HTTP and return the trace's id."""
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=10) as client:
        answered = post_all(client)
    trace_id: str = answered.json()["trace_id"]
    return trace_id


def test_serve_and_work_stop_at_sigterm_and_lose_no_span(database_url: str, spans: SpanReceiver) -> None:
    env = environment(database_url, TRACE_COPY_ENDPOINT=spans.start())
    key = hireloop("keys", "create", "--role", "admin", "--name", "tests", env=env).stdout.strip()
    with Server(env) as server:
        trace_id = book(server, key)
        assert server.stop() == 0  # at once, before the spans were due
    found = {span.name for span in spans.wait_for(trace_id, lambda found: len(found) >= 3, timeout=2)}
    assert found == {"POST /api/interviews/slots/{slot_id}/book_slot", "schedule.book", "delivery.put"}
    with WorkerProcess(env) as worker:
        until = time.monotonic() + 10  # no mail host is set: the try says so, and the channel is held
        while "no_mail_host" not in hireloop("deliveries", "list", env=env).stdout and time.monotonic() < until:
            time.sleep(0.1)
        assert worker.stop() == 0
    attempt = [span for span in spans.trace(trace_id) if span.name == "delivery.attempt"]
    assert attempt
    assert attempt[0].attributes["hireloop.reason"] == "no_mail_host"


def test_ctrl_c_stops_them_too(env: dict[str, str]) -> None:
    with Server(env) as server, WorkerProcess(env) as worker:
        for process in (server.process, worker.process):
            process.send_signal(signal.SIGINT)
        assert [process.wait(20) for process in (server.process, worker.process)] == [0, 0]


def test_serve_shares_its_port_with_nobody(env: dict[str, str]) -> None:
    with Server(env) as server:
        sentence = refusal("serve", "--port", str(server.port), env=env)
        assert f"127.0.0.1 port {server.port} cannot be used (Address already in use)" in sentence
    assert "cannot be used" in refusal("serve", "--host", "nowhere.invalid", env=env)
