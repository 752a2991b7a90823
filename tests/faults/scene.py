"""What the fault tests share: a mail server that can be held, the settle that can be held, the ledger."""

import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import asyncpg

from hireloop import db
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.notify.deliveries import deliveries, ledger
from hireloop.notify.deliveries.deliveries import AttemptView, DeliveryView
from hireloop.notify.worker import wakeup
from processes import environment
from sample_channels import EMAIL
from servers.smtp import ReceivedMail, ScriptedSmtpServer
from waiting import PATIENCE_SECONDS, until

_THE_SETTLES_LOCK = 4711


class HeldSmtpServer(ScriptedSmtpServer):
    """A scripted server that waits with its answer to one step until it is told to go on."""

    def __init__(self, held_step: str, script: dict[str, Any] | None = None) -> None:
        super().__init__(script)
        self._held_step = held_step
        self._go_on = threading.Event()

    def go_on(self) -> None:
        self._go_on.set()

    def __exit__(self, *failure: object) -> None:
        self._go_on.set()
        super().__exit__(*failure)

    def _do(self, step: str, line: Any, session: Any) -> bool:  # noqa: ANN401 (the server's own)
        if step == self._held_step:
            self._go_on.wait()
        return super()._do(step, line, session)


def mail_through(database_url: str, port: int, **settings: str) -> dict[str, str]:
    """Return the environment of a process whose mail server is at this port."""
    defaults = {
        "BASE_URL": "https://hire.example",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
        "EMAIL_TIMEOUT": "20",
        "EMAIL_DATA_TIMEOUT": "60",
    }
    return environment(database_url, **(defaults | settings))


async def wake_workers() -> None:
    await db.fetch(f"NOTIFY {wakeup.CHANNEL}")


async def let_lease_lapse(delivery: UUID) -> None:
    """Move the row's clock instead of waiting for the 30 s of a lease: one test really waits for them."""
    await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second' WHERE id = $1", delivery)
    await wake_workers()


async def make_due(delivery: UUID) -> None:
    """Move the row's clock instead of waiting out the pause before the next try."""
    await db.fetch("UPDATE delivery SET due_at = now() WHERE id = $1", delivery)
    await wake_workers()


async def until_state(delivery: UUID, state: str, seconds: float = PATIENCE_SECONDS) -> DeliveryView:
    """Wait until the delivery stands there; it is shown with its attempts where it never does."""

    async def there() -> DeliveryView | None:
        found, _ = await deliveries.find(delivery, [EMAIL])
        return found if found.state == state else None

    try:
        return await until(there, f"the delivery is {state}", seconds)
    except AssertionError as never:
        raise AssertionError(f"{never}; it is {await deliveries.find(delivery, [EMAIL])}") from None


async def attempts_of(delivery: UUID) -> list[AttemptView]:
    return (await deliveries.find(delivery, [EMAIL]))[1]


async def until_attempt_ends(delivery: UUID, number: int) -> AttemptView:
    """Wait until the try of this number has an outcome."""

    async def ended() -> AttemptView | None:
        return next((a for a in await attempts_of(delivery) if a.number == number and a.outcome), None)

    return await until(ended, f"attempt {number} has ended")


def told(attempt: AttemptView) -> tuple[int, str | None, str | None, int | None]:
    """Return what a try is compared by: number, outcome, phase, code."""
    return attempt.number, attempt.outcome and attempt.outcome.value, attempt.phase, attempt.code


@contextmanager
def mailbox_server() -> Iterator[Mailbox]:
    """A real SMTP server in its own process."""
    with TemporaryDirectory(prefix="hireloop-mail-") as folder:
        box = Mailbox(Path(folder))
        box.start()
        try:
            yield box
        finally:
            box.stop()


@asynccontextmanager
async def settle_held(database_url: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Let every worker stop right before its settle of a sent delivery; what is yielded waits until one stands there.

    At the end the waiting statements are ended, as their connections would be if their worker's machine were gone:
    otherwise the server would still carry out what a dead worker had asked for.
    """
    holder = await asyncpg.connect(database_url)
    await holder.execute(
        f"""
        CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock_shared({_THE_SETTLES_LOCK}); RETURN NEW; END $$;
        CREATE TRIGGER hold_the_settle BEFORE UPDATE ON delivery FOR EACH ROW WHEN (NEW.state = 'sent')
            EXECUTE FUNCTION wait_for_the_test();
        SELECT pg_advisory_lock({_THE_SETTLES_LOCK});
        """
    )
    waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async def one_waits() -> None:
        async def waits() -> bool:
            return bool(await holder.fetch(waiting))

        await until(waits, "a worker is about to settle")

    try:
        yield one_waits
    finally:
        await holder.execute(f"SELECT pg_terminate_backend(pid) FROM ({waiting}) AS them")  # noqa: S608 (our own)
        await holder.execute("DROP TRIGGER hold_the_settle ON delivery; DROP FUNCTION wait_for_the_test()")
        await holder.close()  # and its lock is gone


def message_ids(received: Iterable[ReceivedMail] | Mailbox) -> Counter[str]:
    """Return how often each Message-ID arrived."""
    if isinstance(received, Mailbox):
        contents = [mail.raw for mail in received.messages()]
    else:
        contents = [mail.content for mail in received]
    return Counter(str(message_from_bytes(content)["Message-ID"]) for content in contents)


async def all_is_accounted_for(received: Iterable[ReceivedMail] | Mailbox) -> None:
    """The last line of every fault test: the rows, the mailbox and the ledger tell the same story."""
    assert (await ledger.read()).unaccounted == 0
    arrived = message_ids(received)
    known = {row["message_id"]: row["id"] for row in await db.fetch("SELECT id, message_id FROM delivery")}
    assert arrived.keys() <= known.keys()
    for message_id, ident in known.items():
        delivery, attempts = await deliveries.find(ident, [EMAIL])
        _agree(delivery, attempts, arrived[message_id])


def _agree(delivery: DeliveryView, attempts: list[AttemptView], arrived: int) -> None:
    assert [attempt.number for attempt in attempts] == list(range(1, delivery.attempt_count + 1))
    outcomes = Counter(attempt.outcome and attempt.outcome.value for attempt in attempts)
    assert outcomes["retry"] + outcomes["lost"] <= delivery.tries <= delivery.attempt_count
    if delivery.state != "pending":
        assert outcomes[None] == 0, f"{delivery.state}, and a try is still open"
    if delivery.state == "sent":
        assert outcomes["sent"] >= 1
        assert delivery.sent_at is not None
    maybe = sum(attempt.maybe_accepted for attempt in attempts)
    assert outcomes["sent"] <= arrived <= outcomes["sent"] + outcomes["lost"] + maybe


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Fail where the block took longer than it may."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert took <= seconds, f"{what} took {took:.1f} s, at most {seconds:g} s are allowed"
