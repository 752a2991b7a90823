"""The diagram in the life of a delivery: its states and its arrows are what the code does to a row, and all of it.

Every verb that writes a delivery's state (`test_architecture.py` knows the seven modules) is tried on a delivery in
every state, on a real database. What moves must be drawn, and what is drawn must move.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from msgspec.structs import asdict, replace

from docs.documents import blocks_of
from factories import OUTBOX, soon
from hireloop import db
from hireloop.notify import erasure, messages
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.channels import configured
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import deadlines, leases, outbox, replay
from hireloop.notify.deliveries.leases import LOST_IN_A_ROW, Settlement
from hireloop.notify.deliveries.replay import ReplayFilter
from hireloop.notify.messages import InvitationMessage, RescheduledMessage
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Channel
from hireloop.settings import Settings
from notify.factories import invite

PAGE = "docs/why/delivery-lifecycle.md"
WAITING, LEASED = "pending", "leased"  # a pending delivery without a lease, and one with it
STATES = [WAITING, LEASED, *(state.value for state in DeliveryState if state is not DeliveryState.PENDING)]
NO_PATH = ReturnPath("", [])

Arrow = tuple[str, str]


def drawn() -> dict[Arrow, str]:
    """Return every arrow of the diagram with what causes it; those from `pending` hold with a lease and without."""
    (diagram,) = [block.text for block in blocks_of(PAGE) if block.text.startswith("stateDiagram")]
    arrows: dict[Arrow, str] = {}
    for begin, end, cause in re.findall(r"^ *(\S+) --> (\w+)(.*)$", diagram, re.MULTILINE):
        for one in [WAITING, LEASED] if begin == WAITING else [begin]:
            arrows[one, end] = cause
    return arrows


def test_every_arrow_of_the_diagram_says_what_causes_it() -> None:
    assert [arrow for arrow, cause in drawn().items() if not re.fullmatch(r" : \w[\w, ]+", cause)] == []


def test_the_diagram_has_every_state_and_no_other() -> None:
    assert {state for arrow in drawn() for state in arrow} == {"[*]", *STATES}


class Row(NamedTuple):
    """One delivery to try a verb on, with the lease that its last attempt was made under."""

    delivery: UUID
    schedule: UUID
    token: UUID
    channels: tuple[Channel, ...]


Verb = Callable[[Row], Awaitable[object]]


async def place(state: str, row: Row, *, lost: int = 0, is_late: bool = False) -> None:
    """Put the row into a state with one attempt, open where it is leased, and `lost` ones before it."""
    pending = state in {WAITING, LEASED}
    await db.fetch("DELETE FROM attempt")
    await db.fetch(
        """
        UPDATE delivery SET state = $2, attempt_count = $3, tries = 0, first_due_at = created_at, due_at = created_at,
            lease_token = CASE WHEN $4 THEN $5::uuid END,
            leased_until = CASE WHEN $4 THEN now() - interval '1 second' END,
            sent_at = CASE WHEN $2 IN ('sent', 'bounced') THEN now() END,
            bounced_at = CASE WHEN $2 = 'bounced' THEN now() END,
            deadline_at = now() + CASE WHEN $6 THEN interval '-1 second' ELSE interval '1 hour' END
        WHERE id = $1
        """,
        row.delivery,
        "pending" if pending else state,
        lost + 1,
        state == LEASED,
        row.token,
        is_late,
    )
    for number in range(1, lost + 2):
        is_open = number == lost + 1 and state == LEASED
        await db.fetch(
            """
            INSERT INTO attempt (delivery, number, route, worker, outcome, started_at, finished_at, maybe_accepted)
            SELECT id, $2, 'primary', 'w', $3, created_at, CASE WHEN $3::text IS NOT NULL THEN now() END, true
            FROM delivery WHERE id = $1
            """,
            row.delivery,
            number,
            None if is_open else "lost" if number <= lost or not pending else "retry",
        )


async def where(row: Row) -> tuple[str, int]:
    """Return the state in which the row stands, and how often it was leased."""
    found = await db.fetch_row("SELECT state, lease_token, attempt_count FROM delivery WHERE id = $1", row.delivery)
    assert found is not None
    if found["state"] != "pending":
        return found["state"], found["attempt_count"]
    return LEASED if found["lease_token"] else WAITING, found["attempt_count"]


async def claim(_row: Row) -> None:
    await leases.take("email", limit=1, worker="w", kinds=["invitation"])


async def expire(row: Row) -> None:
    await deadlines.expire(row.channels)


async def supersede(row: Row) -> None:
    await outbox.supersede(row.schedule, before_revision=2)


async def send_again(row: Row) -> None:
    async for _ in replay.walk(ReplayFilter(ids=(row.delivery,)), row.channels):
        pass


def settle(outcome: AttemptOutcome, state: DeliveryState, *, is_late: bool = False) -> Verb:
    async def settled(row: Row) -> None:
        token = uuid4() if is_late else row.token
        number = await db.fetch_value("SELECT attempt_count FROM delivery WHERE id = $1", row.delivery)
        await leases.settle(
            [Settlement(delivery_id=row.delivery, number=number, token=token, outcome=outcome, state=state)]
        )

    return settled


def come_back(action: MailAction, status: str) -> Verb:
    async def reported(row: Row) -> None:
        message_id = await db.fetch_value("SELECT message_id FROM delivery WHERE id = $1", row.delivery)
        report = DeliveryReport(action=action, status=status, message_ids=(message_id,))
        await bounces.record(report, NO_PATH, vouched=True)

    return reported


OUTCOMES = {
    AttemptOutcome.SENT: DeliveryState.SENT,
    AttemptOutcome.REJECTED: DeliveryState.REJECTED,
    AttemptOutcome.RETRY: DeliveryState.PENDING,
    AttemptOutcome.HELD: DeliveryState.PENDING,
    AttemptOutcome.RELEASED: DeliveryState.PENDING,
}
VERBS: list[Verb] = [
    claim,
    expire,
    supersede,
    send_again,
    come_back(MailAction.FAILED, "5.1.1"),
    come_back(MailAction.DELAYED, "4.4.7"),
    *(settle(outcome, state) for outcome, state in OUTCOMES.items()),
    *(settle(outcome, state, is_late=True) for outcome, state in OUTCOMES.items()),
]


@pytest.mark.usefixtures("database")
async def test_a_delivery_moves_along_the_arrows_of_the_diagram_and_no_others(settings: Settings) -> None:
    delivery = await invite()
    schedule = await db.fetch_value("SELECT schedule FROM delivery WHERE id = $1", delivery)
    row = Row(delivery, schedule, uuid4(), configured.channels(settings))
    seen: set[Arrow] = {("[*]", (await where(row))[0])}
    for state in STATES:
        for verb in VERBS:
            for lost, is_late in ((0, False), (0, True), (LOST_IN_A_ROW - 1, False)):
                await place(state, row, lost=lost, is_late=is_late)
                assert (await where(row))[0] == state
                before = await where(row)
                await verb(row)
                after = await where(row)
                if after != before:
                    seen.add((before[0], after[0]))
    seen.add(await _right_again(row))
    for state in (WAITING, LEASED):
        await place(state, row)
        await erasure.forget([schedule], now=datetime.now(UTC))
        seen.add((state, (await where(row))[0]))
    assert seen == set(drawn())


async def _right_again(row: Row) -> Arrow:
    """Let the message be sent though it is superseded, and a later revision say the same."""
    await place(DeliveryState.SUPERSEDED.value, row)
    await db.fetch("UPDATE delivery SET sent_at = now() WHERE id = $1", row.delivery)
    said = messages.decode("invitation", await db.fetch_value("SELECT payload::text FROM delivery"))
    assert isinstance(said, InvitationMessage)
    again = RescheduledMessage(**asdict(replace(said, revision=3)), previous_starts_at=said.starts_at)
    await OUTBOX.put([again], now=soon(-1))
    await due.decide()
    return DeliveryState.SUPERSEDED.value, (await where(row))[0]
