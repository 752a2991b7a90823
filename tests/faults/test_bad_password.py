"""Five hundred invitations behind a bad password: those that wait go by themselves once it is fixed, those that the
relay has refused for it, without saying so, go with one command; each arrives once.
"""

import asyncio
import base64
import itertools
import subprocess
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from factories import book, make_slot, soon
from faults.scene import mail_through, message_ids, wake_workers
from hireloop import db
from hireloop.notify.deliveries import ledger
from processes import WorkerProcess
from servers.smtp import ScriptedSmtpServer
from test_cli import hireloop
from waiting import until

pytestmark = pytest.mark.usefixtures("database")

MANY = 500
RIGHT = "the password after it was fixed"
WRONG = "a password from before it was changed"
AT_ONCE = 8


class RelayWithPassword(ScriptedSmtpServer):
    """A relay that knows one password. It turns others away, or lets them in and then refuses what they send."""

    def __init__(self, *, lets_anybody_in: bool = False) -> None:
        super().__init__()
        self._lets_anybody_in = lets_anybody_in

    def _do(self, step: str, line: Any, session: Any) -> bool:  # noqa: ANN401 (the server's own)
        signs_in = next((said for said in session.commands if said.startswith("AUTH PLAIN")), "")
        knows_it = RIGHT.encode() in base64.b64decode(signs_in.removeprefix("AUTH PLAIN "))
        refusal = None
        if step == "AUTH" and not knows_it and not self._lets_anybody_in:
            refusal = b"535 5.7.8 Authentication failed"
        elif step == "RCPT" and not knows_it:
            refusal = b"550 Not accepted"  # and it does not say that this is about us
        if refusal is None:
            return super()._do(step, line, session)
        session.last = refusal
        line.connection.sendall(refusal + b"\r\n")
        return True


async def book_many() -> None:
    slot = await make_slot(starts_at=soon(24 * 60), seats=MANY)
    for _ in range(MANY // AT_ONCE):
        await asyncio.gather(*(book(slot=slot) for _ in range(AT_ONCE)))
    await asyncio.gather(*(book(slot=slot) for _ in range(MANY % AT_ONCE)))
    # As if each had been booked by a request: a trace of its own, which every try must join.
    await db.fetch(
        "UPDATE delivery SET traceparent = '00-' || md5(id::text) || '-' || left(md5('put' || id::text), 16) || '-01'"
    )
    await wake_workers()


def signing_in(database_url: str, relay: ScriptedSmtpServer, password: str) -> dict[str, str]:
    return mail_through(database_url, relay.port, EMAIL_HOST_USER="hireloop", EMAIL_HOST_PASSWORD=password)


async def until_all_are(state: str) -> None:
    async def all_are() -> bool:
        return (await ledger.read()).counts == {state: MANY}

    await until(all_are, f"all {MANY} are {state}", 60)


async def attempts_by_delivery() -> dict[UUID, list[tuple[str, bool]]]:
    """Return each delivery's outcomes in order, each with whether it joined the trace of the booking."""
    rows = await db.fetch(
        """
        SELECT d.id, a.outcome, a.trace_id = substring(d.traceparent FROM 4 FOR 32) AS joined
        FROM delivery d JOIN attempt a ON a.delivery = d.id ORDER BY d.id, a.number
        """
    )
    grouped = itertools.groupby(rows, key=lambda row: row["id"])
    return {ident: [(row["outcome"], row["joined"]) for row in tries] for ident, tries in grouped}


async def each_arrived_once(relay: ScriptedSmtpServer) -> None:
    known = {row["message_id"] for row in await db.fetch("SELECT message_id FROM delivery")}
    assert len(known) == MANY
    assert message_ids(relay.received) == Counter(known)
    proof = await ledger.read()
    assert (proof.counts, proof.unaccounted) == ({"sent": MANY}, 0)


def replay(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return hireloop("deliveries", "replay", *arguments, env=env, seconds=60)


async def test_what_waits_behind_a_refused_sign_in_goes_by_itself_once_the_password_is_fixed(
    database_url: str,
) -> None:
    await book_many()
    with RelayWithPassword() as relay:
        with WorkerProcess(signing_in(database_url, relay, WRONG)):

            async def held() -> bool:
                return bool(await db.fetch_value("SELECT count(*) FROM channel_health WHERE reason = 'auth_refused'"))

            await until(held, "the channel is held")
        proof = await ledger.read()
        assert (proof.counts, proof.unaccounted) == ({"pending": MANY}, 0)
        burnt = await db.fetch_row("SELECT sum(tries) AS tries, sum(attempt_count) AS attempts FROM delivery")
        assert burnt is not None
        assert burnt["tries"] == 0
        assert 1 <= burnt["attempts"] <= 40  # those that found out, and the probes: not each of the 500
        refused = replay("--reason", "auth_refused", "--dry-run", env=signing_in(database_url, relay, RIGHT))
        assert refused.returncode == 0, refused.stderr
        assert "0 would be replayed." in refused.stdout  # there is nothing to replay: they have not ended
        assert "skipped, pending" in refused.stdout
        with WorkerProcess(signing_in(database_url, relay, RIGHT)):  # another configuration: it starts open
            await until_all_are("sent")
        await each_arrived_once(relay)


async def test_what_a_relay_refused_for_a_bad_password_is_replayed_by_one_command_and_each_arrives_once(
    database_url: str,
) -> None:
    await book_many()
    with RelayWithPassword(lets_anybody_in=True) as relay:
        with WorkerProcess(signing_in(database_url, relay, WRONG)):
            await until_all_are("rejected")
        assert relay.received == []
        fixed = signing_in(database_url, relay, RIGHT)
        with WorkerProcess(fixed):
            would = replay("--reason", "recipient_refused", "--dry-run", env=fixed)
            assert (would.returncode, would.stdout.splitlines()[-1]) == (0, f"{MANY} would be replayed."), would.stderr
            assert "@example.com" in would.stdout
            assert len(would.stdout.splitlines()) == MANY + 1
            assert (await ledger.read()).counts == {"rejected": MANY}
            done = replay("--reason", "recipient_refused", env=fixed)
            assert (done.returncode, done.stdout, done.stderr) == (0, f"{MANY} replayed.\n", "")
            await until_all_are("sent")
        await each_arrived_once(relay)
        tries = await attempts_by_delivery()
        assert [*tries.values()] == [[("rejected", True), ("sent", True)]] * MANY
        again = replay("--reason", "recipient_refused", env=fixed)
        assert (again.returncode, again.stdout) == (0, "0 replayed.\n")
