"""Each violation is found in facts that are right but for it, and what is allowed is not a violation."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chaos import proof
from chaos.facts import Attempt, Booking, Delivery, Facts, LedgerAnswer, Mail, Promise

INTERVIEW, SLOT, SCHEDULE, DELIVERY, OTHER = (UUID(int=number) for number in range(1, 6))
BEGAN = datetime(2026, 11, 29, tzinfo=UTC)
ASHA = "asha@chaos.example"
ID = "<1@hire.example>"

PROMISE = Promise(interview=INTERVIEW, slot=SLOT, schedule=SCHEDULE, delivery=DELIVERY)
BOOKING = Booking(id=SCHEDULE, interview=INTERVIEW, slot=SLOT, state="pending", revision=1)
INVITATION = Delivery(
    id=DELIVERY,
    schedule=SCHEDULE,
    revision=1,
    kind="invitation",
    recipient=ASHA,
    required=True,
    state="sent",
    message_id=ID,
    attempt_count=1,
    tries=0,
    last_reason=None,
    is_overdue=False,
)
SENT = Attempt(
    delivery=DELIVERY,
    number=1,
    started_at=BEGAN,
    finished_at=BEGAN + timedelta(seconds=1),
    outcome="sent",
    maybe_accepted=False,
)
RIGHT = Facts(
    promises=[PROMISE],
    bookings=[BOOKING],
    deliveries=[INVITATION],
    attempts=[SENT],
    mails=[Mail(ID, ASHA)],
    ledger=LedgerAnswer(0, "sent: 1\nunaccounted: 0"),
)
CANCELLED = Delivery(**{**msgspec.structs.asdict(INVITATION), "id": OTHER, "kind": "cancelled", "revision": 2})


def but(one: Any, **changed: object) -> Any:  # noqa: ANN401 (any of the structs)
    return msgspec.structs.replace(one, **changed)


def attempt(number: int, began: float, ended: float | None, outcome: str | None, **more: bool) -> Attempt:
    """Return an attempt that began and ended so many seconds after the first one."""
    finished_at = None if ended is None else BEGAN + timedelta(seconds=ended)
    return but(  # type: ignore[no-any-return] # it is one
        SENT,
        number=number,
        started_at=BEGAN + timedelta(seconds=began),
        finished_at=finished_at,
        outcome=outcome,
        **more,
    )


def tried(*attempts: Attempt, state: str = "sent", tries: int = 0, mails: int = 1, **delivery: object) -> Facts:
    """Return facts with these attempts of the one delivery, and so many copies of its mail."""
    return but(  # type: ignore[no-any-return] # they are
        RIGHT,
        deliveries=[but(INVITATION, state=state, attempt_count=len(attempts), tries=tries, **delivery)],
        attempts=attempts,
        mails=[Mail(ID, ASHA)] * mails,
    )


ALLOWED = {
    "sent at once": RIGHT,
    "a second copy under the same Message-ID, since the answer was lost": tried(
        attempt(1, 0, 15, "retry", maybe_accepted=True), attempt(2, 20, 21, "sent"), tries=1, mails=2
    ),
    "a worker that was killed": tried(attempt(1, 0, 31, "lost"), attempt(2, 31, 32, "sent"), tries=1),
    "a worker that came back after its lease": tried(
        attempt(1, 0, 33, "sent", maybe_accepted=True), attempt(2, 31, 40, "sent"), tries=1, mails=2
    ),
    "a lease that ran out while its worker was away, and a refusal that came late": tried(
        attempt(1, 0, 33, "retry"), attempt(2, 31, 40, "sent"), tries=1
    ),
    "a settlement that was written again after the database came back": tried(
        attempt(1, 0, 5, "retry"), attempt(2, 3, 6, "sent"), tries=1
    ),
    "given up, with a reason": tried(
        *(attempt(number, 31 * number, 31 * (number + 1), "lost") for number in range(1, 6)),
        state="exhausted",
        tries=5,
        mails=0,
        last_reason="crashes_worker",
    ),
    "a move": but(
        RIGHT,
        promises=[but(PROMISE, slot=OTHER, revision=2)],
        bookings=[but(BOOKING, slot=OTHER, revision=2)],
        deliveries=[
            but(INVITATION, state="superseded"),
            but(INVITATION, id=OTHER, revision=2, kind="rescheduled", message_id="<2@hire.example>"),
        ],
        attempts=[SENT, but(SENT, delivery=OTHER)],
        mails=[Mail(ID, ASHA), Mail("<2@hire.example>", ASHA)],
    ),
    "a cancellation of which nobody had heard anything": but(
        RIGHT,
        promises=[but(PROMISE, revision=2, is_cancelled=True)],
        bookings=[but(BOOKING, state="cancelled", revision=2)],
        deliveries=[but(INVITATION, state="superseded", attempt_count=0)],
        attempts=[],
        mails=[],
    ),
    "a worker that was killed while its delivery was superseded": but(
        RIGHT,
        promises=[but(PROMISE, revision=2, is_cancelled=True)],
        bookings=[but(BOOKING, state="cancelled", revision=2)],
        deliveries=[but(INVITATION, state="superseded"), but(CANCELLED, message_id="<2@hire.example>")],
        attempts=[attempt(1, 0, None, None), but(SENT, delivery=OTHER)],
        mails=[Mail("<2@hire.example>", ASHA)],
    ),
    "an alert, which nobody's booking needs": but(
        RIGHT,
        deliveries=[INVITATION, but(INVITATION, id=OTHER, kind="alert", required=False, message_id="<2@hire.example>")],
        attempts=[SENT, but(SENT, delivery=OTHER)],
        mails=[Mail(ID, ASHA), Mail("<2@hire.example>", ASHA)],
    ),
}
VIOLATIONS = {
    "booked 0 times and acknowledged as": but(RIGHT, bookings=[], deliveries=[], attempts=[], mails=[]),
    "booked 2 times": but(
        RIGHT,
        bookings=[BOOKING, but(BOOKING, id=OTHER)],
        deliveries=[INVITATION, but(INVITATION, id=OTHER, schedule=OTHER, message_id="<2@hire.example>")],
        attempts=[SENT, but(SENT, delivery=OTHER)],
        mails=[Mail(ID, ASHA), Mail("<2@hire.example>", ASHA)],
    ),
    "booked 1 times and not acknowledged": but(RIGHT, promises=[but(PROMISE, schedule=None, delivery=None)]),
    "nobody asked for it": but(RIGHT, promises=[]),
    "book_slot/ was asked for and never answered": but(RIGHT, promises=[but(PROMISE, unanswered="book_slot/")]),
    "answered 500": but(RIGHT, promises=[but(PROMISE, answers=["slots/1/book_slot/: answered 500 oh"])]),
    "schedule 00000000-0000-0000-0000-000000000003 instead of": but(RIGHT, promises=[but(PROMISE, schedule=OTHER)]),
    "revision 1 instead of 2": but(RIGHT, promises=[but(PROMISE, revision=2)]),
    "slot 00000000-0000-0000-0000-000000000002 instead of": but(RIGHT, promises=[but(PROMISE, slot=OTHER)]),
    "cancelled False instead of True": but(RIGHT, promises=[but(PROMISE, is_cancelled=True)]),
    "was acknowledged and is not there": but(RIGHT, promises=[but(PROMISE, delivery=OTHER)]),
    "0 deliveries tell of its current revision, 1": but(RIGHT, deliveries=[], attempts=[], mails=[]),
    "0 deliveries tell of its current revision, 2": but(
        RIGHT,
        promises=[but(PROMISE, revision=2, is_cancelled=True)],
        bookings=[but(BOOKING, state="cancelled", revision=2)],
    ),
    "2 deliveries tell of its current revision": but(
        RIGHT,
        deliveries=[INVITATION, but(INVITATION, id=OTHER, message_id="<2@hire.example>")],
        attempts=[SENT, but(SENT, delivery=OTHER)],
        mails=[Mail(ID, ASHA), Mail("<2@hire.example>", ASHA)],
    ),
    "belongs to 2 deliveries": but(
        RIGHT,
        deliveries=[INVITATION, but(INVITATION, id=OTHER, kind="alert", required=False)],
        attempts=[SENT, but(SENT, delivery=OTHER)],
    ),
    "2 mails to asha@chaos.example, and no delivery has it": but(
        RIGHT, mails=[Mail(ID, ASHA), *[Mail("<2@hire.example>", ASHA)] * 2]
    ),
    "went to ravi@chaos.example": but(RIGHT, mails=[Mail(ID, "ravi@chaos.example")]),
    "still pending": tried(attempt(1, 0, 1, "retry"), state="pending", tries=1, mails=0),
    "still pending past its deadline": tried(
        attempt(1, 0, 1, "retry"), state="pending", tries=1, mails=0, is_overdue=True
    ),
    "sent, and no mail of it was taken": but(RIGHT, mails=[]),
    "sent, and no attempt of it was": tried(attempt(1, 0, 31, "lost"), tries=1),
    "rejected, although an attempt was sent": tried(SENT, state="rejected", last_reason="refused"),
    "exhausted without a reason": tried(attempt(1, 0, 31, "lost"), state="exhausted", tries=1, mails=0),
    "2 mails were taken, of 1 attempts that were sent and 1 that may have been": but(RIGHT, mails=[Mail(ID, ASHA)] * 2),
    "attempts [2] of 2": but(
        RIGHT, deliveries=[but(INVITATION, attempt_count=2)], attempts=[attempt(2, 40, 41, "sent")]
    ),
    "attempts [] of 1": but(RIGHT, attempts=[]),
    "attempt 1 has not ended": tried(attempt(1, 0, None, None), attempt(2, 31, 32, "sent")),
    "2 failed tries are counted, and there were 1": tried(
        attempt(1, 0, 33, "retry"), attempt(2, 31, 40, "sent"), tries=2
    ),
    "attempt 2 was leased while 1 was under way": tried(attempt(1, 0, 12, "sent"), attempt(2, 8, 12, "sent"), mails=2),
    "attempt 3 was leased while 2 was under way": tried(
        attempt(1, 0, 33, "retry"), attempt(2, 31, 46, "sent"), attempt(3, 38, 52, "sent"), tries=1, mails=2
    ),
    "exit code 1, and it said: unaccounted: 1": but(RIGHT, ledger=LedgerAnswer(1, "unaccounted: 1")),
    "exit code 1, and it said: The database": but(RIGHT, ledger=LedgerAnswer(1, "The database cannot be reached.")),
}


@pytest.mark.parametrize("facts", ALLOWED.values(), ids=ALLOWED)
def test_what_may_be_is_no_violation(facts: Facts) -> None:
    assert proof.violations(facts) == []


@pytest.mark.parametrize(("sentence", "facts"), VIOLATIONS.items(), ids=VIOLATIONS)
def test_what_must_not_be_is_said(sentence: str, facts: Facts) -> None:
    assert any(sentence in said for said in proof.violations(facts)), proof.violations(facts)


CHECKS: Sequence[Callable[..., object]] = (
    proof.bookings,
    proof.invitations,
    proof.message_ids,
    proof.ends,
    proof.attempts,
    proof.leases,
    proof.ledger,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_finds_something_that_no_other_one_finds(
    check: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def finds_nothing(_: object) -> Sequence[str]:
        return ()

    monkeypatch.setattr(proof, check.__name__, finds_nothing)
    assert any(all(sentence not in said for said in proof.violations(facts)) for sentence, facts in VIOLATIONS.items())


def test_second_copies_are_those_beyond_the_first_of_each_message_id() -> None:
    mails = [*[Mail(ID, ASHA)] * 3, Mail("<2@hire.example>", ASHA)]
    assert proof.second_copies(but(RIGHT, mails=mails)) == 2
