"""One try, and what it makes of its delivery; only what many tries make of it needs a database."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hireloop.notify.channels import providers
from hireloop.notify.channels.health import Availability
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import deadlines, deliveries, leases
from hireloop.notify.deliveries.deliveries import AttemptView, DeliveryView
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.messages import Message
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent
from hireloop.notify.worker import attempts
from hireloop.notify.worker.attempts import AttemptResult
from notify.factories import invite
from notify.sample_leases import lease
from sample_channels import WITH_FALLBACK
from telemetry.exported_spans import exported_spans

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ACCEPTED = Sent(evidence=Evidence(phase=Phase.REPLY, code=250, reply="2.0.0 Ok"))
DEFERRED = Evidence(phase=Phase.RECIPIENT, code=451, reply="4.7.1 Greylisted")


_lease = partial(lease, NOW, at_risk_at=NOW + HOUR)


class Renderer:
    def render(
        self,
        message: Message,
        *,
        recipient: str,
        message_id: str,
        traceparent: str,
        invitation_state: str | None,
        references: tuple[str, ...],
        by_fallback: bool,
    ) -> Parcel:
        del message, invitation_state, by_fallback
        return Parcel(
            recipient=recipient, subject="s", text=traceparent, html="h", message_id=message_id, references=references
        )


class Answers:
    """A transport that gives one answer, and remembers what it was given."""

    def __init__(self, answer: object) -> None:
        self._answer = answer
        self.parcels: list[Parcel] = []

    def send(self, parcel: Parcel) -> Outcome:
        self.parcels.append(parcel)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer  # type: ignore[return-value] # a plugin may answer anything


def _attempt(lease: Lease, transport: Answers, *, still_ours: Callable[[], bool] = lambda: True) -> AttemptResult:
    return attempts.attempt(
        lease, transport=transport, transport_name="email", renderer=Renderer(), still_ours=still_ours
    )


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    with exported_spans(monkeypatch) as exporter:
        yield exporter


@pytest.mark.parametrize("route", Route)
def test_a_try_says_its_route_and_bears_its_spans_ids(exported: InMemorySpanExporter, route: Route) -> None:
    transport = Answers(ACCEPTED)
    answered = _attempt(_lease(route=route), transport)
    spans = {span.name: span for span in exported.get_finished_spans()}
    attempt = spans["delivery.attempt"]
    assert attempt.attributes
    assert attempt.attributes["hireloop.route"] == route.value
    assert attempt.context
    assert answered == AttemptResult(
        outcome=ACCEPTED,
        trace_id=f"{attempt.context.trace_id:032x}",
        span_id=f"{attempt.context.span_id:016x}",
    )
    sent = spans["smtp.send"].context
    assert sent
    (parcel,) = transport.parcels
    assert parcel.text.startswith(f"00-{sent.trace_id:032x}-{sent.span_id:016x}-")


@pytest.mark.parametrize(
    ("lease", "answer", "reason", "maybe_accepted", "was_sent"),
    [
        (_lease(payload="{}"), ACCEPTED, "unknown_payload", False, False),
        (_lease(), ZeroDivisionError(), "transport_crashed", True, True),
        (_lease(), None, "transport_crashed", True, True),
        (_lease(), "sent", "transport_crashed", True, True),
    ],
)
def test_a_fault_of_ours_or_a_plugins_is_a_try_that_failed(
    lease: Lease,
    answer: object,
    reason: str,
    maybe_accepted: bool,  # noqa: FBT001
    was_sent: bool,  # noqa: FBT001
) -> None:
    transport = Answers(answer)
    outcome = _attempt(lease, transport).outcome
    assert isinstance(outcome, Retry)
    assert (outcome.reason, outcome.maybe_accepted) == (reason, maybe_accepted)
    assert bool(transport.parcels) is was_sent


def test_what_is_no_longer_ours_is_not_sent() -> None:
    transport = Answers(ACCEPTED)
    assert _attempt(_lease(), transport, still_ours=lambda: False).outcome is None
    assert transport.parcels == []


@pytest.mark.parametrize(
    ("outcome", "attempt", "state", "reason"),
    [
        (ACCEPTED, AttemptOutcome.SENT, DeliveryState.SENT, None),
        (Rejected(reason="recipient_unknown", evidence=DEFERRED), "rejected", "rejected", "recipient_unknown"),
        (Held(reason="auth_refused", evidence=DEFERRED), "held", "pending", "auth_refused"),
        (Retry(reason="recipient_deferred", evidence=DEFERRED), "retry", "pending", "recipient_deferred"),
        (None, "released", "pending", None),
    ],
)
def test_each_outcome_has_its_own_end(outcome: Outcome | None, attempt: str, state: str, reason: str | None) -> None:
    lease = _lease()
    answered = AttemptResult(outcome=outcome, trace_id="t", span_id="s")
    settled = attempts.settlement(lease, answered, elapsed=timedelta())
    assert (settled.delivery_id, settled.number, settled.token) == (lease.id, 1, lease.token)
    assert (settled.outcome, settled.state, settled.reason) == (attempt, state, reason)
    assert settled.evidence == (outcome.evidence if outcome else None)
    assert (settled.due_at is not None) is isinstance(outcome, Retry)


REFUSED_US = Retry(reason="auth_required", evidence=Evidence(phase=Phase.RECIPIENT, code=530))
UNREACHED = Retry(reason="connection_refused", evidence=Evidence(phase=Phase.CONNECT))
NOT_SUPPORTED = Evidence(phase=Phase.RECIPIENT)
REFUSED_MESSAGE = Rejected(reason="message_refused", evidence=Evidence(phase=Phase.REPLY, code=554))


@pytest.mark.parametrize(
    ("lease", "outcome", "at_once"),
    [
        (_lease(may_change_provider=True), REFUSED_US, True),
        (_lease(may_change_provider=False), REFUSED_US, False),
        (_lease(may_change_provider=True), Retry(reason="recipient_needs_smtputf8", evidence=NOT_SUPPORTED), True),
        (_lease(may_change_provider=True), UNREACHED, False),
        (_lease(may_change_provider=True, was_unreached=True), UNREACHED, True),
        (_lease(may_change_provider=False, was_unreached=True), UNREACHED, False),
        (_lease(may_change_provider=True), Retry(reason="recipient_deferred", evidence=DEFERRED), False),
    ],
)
def test_a_delivery_that_leaves_its_provider_is_due_at_once(
    lease: Lease,
    outcome: Retry,
    at_once: bool,  # noqa: FBT001
) -> None:
    answered = AttemptResult(outcome=outcome, trace_id="t", span_id="s")
    settled = attempts.settlement(lease, answered, elapsed=timedelta(seconds=3))
    assert (settled.outcome, settled.state, settled.reason) == ("retry", "pending", outcome.reason)
    assert settled.due_at is not None
    assert (settled.due_at == NOW + timedelta(seconds=3)) is at_once


@pytest.mark.parametrize(
    "refused",
    [REFUSED_MESSAGE, Rejected(reason="recipient_needs_smtputf8", evidence=NOT_SUPPORTED)],
)
@pytest.mark.parametrize("may_change", [True, False])
def test_a_refusal_without_a_word_about_the_mailbox_is_final_only_once_the_other_provider_has_refused_the_message(
    refused: Rejected,
    may_change: bool,  # noqa: FBT001
) -> None:
    first = _attempt(_lease(may_change_provider=may_change, other_may_accept=True), Answers(refused)).outcome
    assert first == Retry(reason=refused.reason, evidence=refused.evidence)
    second = _attempt(_lease(may_change_provider=may_change, other_may_accept=False), Answers(refused)).outcome
    assert second == refused


def test_a_refusal_about_the_mailbox_is_final_at_once() -> None:
    unknown = Rejected(reason="recipient_unknown", evidence=Evidence(phase=Phase.REPLY, code=550))
    assert _attempt(_lease(may_change_provider=True, other_may_accept=True), Answers(unknown)).outcome == unknown


def _due_in(*, lease: Lease | None = None, after_seconds: float | None = None, took: float = 0) -> float:
    """Return in how many seconds from the lease a deferred delivery is due again."""
    retry = Retry(reason="server_busy", evidence=DEFERRED, after_seconds=after_seconds)
    answered = AttemptResult(outcome=retry, trace_id="t", span_id="s")
    due_at = attempts.settlement(lease or _lease(), answered, elapsed=timedelta(seconds=took)).due_at
    assert due_at is not None
    return (due_at - NOW).total_seconds()


def test_the_next_try_is_planned_from_the_end_of_this_one_by_the_databases_clock() -> None:
    assert 2.5 <= _due_in() <= 5
    assert 122.5 <= _due_in(took=120) <= 125
    assert 20 <= _due_in(lease=_lease(tries=3)) <= 40


def test_what_the_other_side_asked_for_is_waited_for_but_not_past_the_time_when_it_is_at_risk() -> None:
    assert _due_in(after_seconds=600) == 600
    assert _due_in(after_seconds=7200) == 3600
    assert _due_in(after_seconds=7200, lease=_lease(at_risk_at=None)) == 3600
    assert _due_in(after_seconds=1e9, lease=_lease(at_risk_at=None)) == 3600


# --- Many tries by two providers -----------------------------------------------------------------------------------

_SMTPUTF8 = Rejected(reason="recipient_needs_smtputf8", evidence=NOT_SUPPORTED)
_BLOCKED = Retry(reason="policy_block", evidence=Evidence(phase=Phase.REPLY, code=550))
_NO_MAILBOX = Rejected(reason="recipient_unknown", evidence=Evidence(phase=Phase.RECIPIENT, code=550))
_OF_THE_MESSAGE = {"message_refused", "policy_block"}
_PASSES: list[Outcome] = [
    UNREACHED,
    UNREACHED,
    REFUSED_US,
    Retry(reason="recipient_deferred", evidence=DEFERRED),
    Retry(reason="timed_out", evidence=Evidence(phase=Phase.REPLY), maybe_accepted=True),
    Retry(reason="policy_block", evidence=Evidence(phase=Phase.RECIPIENT, code=550)),
    Held(reason="auth_refused", evidence=Evidence(phase=Phase.AUTH, code=535)),
]
_FOR_GOOD: list[Outcome] = [REFUSED_MESSAGE, _SMTPUTF8, _BLOCKED]


class _Provider:
    """A provider that is as open as it happens to be, and answers what has little to do with what it said before."""

    def __init__(self, chance: random.Random, *, is_steady: bool) -> None:
        self._chance = chance
        self._is_steady = is_steady
        self._refusal = chance.choice([None, *_FOR_GOOD])
        self._share = chance.choice([0.1, 0.5, 0.95])

    def availability(self) -> Availability:
        if self._is_steady:
            return Availability.OPEN
        return self._chance.choice([Availability.OPEN, Availability.OPEN, Availability.PROBE, Availability.WAIT])

    def answer(self) -> Outcome:
        if self._refusal is not None and self._chance.random() < self._share:
            return self._refusal
        outcome = self._chance.choice(_PASSES)
        if self._is_steady and isinstance(outcome, Held):
            return UNREACHED
        return _NO_MAILBOX if self._chance.random() < 0.01 else outcome


async def _tried_until_it_ends(chance: random.Random, *, is_steady: bool) -> tuple[DeliveryView, list[AttemptView]]:
    """Book, and try by two providers until the delivery ends; return its attempts."""
    now = datetime.now(UTC)
    delivery = await invite(now=now, starts_in=timedelta(hours=chance.uniform(0.2, 5)))
    by_route = {route: _Provider(chance, is_steady=is_steady) for route in Route}
    while True:
        asked = [by_route[route].availability() for route in Route]
        for request in providers.lease_requests(*asked):
            taken = await leases.take(
                "email",
                limit=1,
                worker="w",
                kinds=["invitation"],
                request=request,
                fingerprints=providers.fingerprints(WITH_FALLBACK),
                now=now,
            )
            for one in taken:
                result = _attempt(one, Answers(by_route[one.route].answer()))
                await leases.settle([attempts.settlement(one, result, elapsed=timedelta())], now=now)
        found, tries = await deliveries.find(delivery, [WITH_FALLBACK])
        if found.state is not DeliveryState.PENDING:
            return found, tries
        now = max(now, found.due_at) + timedelta(seconds=1)
        await deadlines.expire(now=now)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("is_steady", [True, False])
@pytest.mark.parametrize("seed", range(12))
async def test_whatever_two_providers_say_no_delivery_ends_as_rejected_that_one_might_have_sent_and_both_are_asked(
    seed: int,
    is_steady: bool,  # noqa: FBT001
) -> None:
    for nth in range(4):
        chance = random.Random(seed * 1000 + nth)  # noqa: S311 (an example)
        found, tries = await _tried_until_it_ends(chance, is_steady=is_steady)
        refused_by = {
            one.route
            for one in tries
            if one.reason == "recipient_needs_smtputf8" or (one.phase == "reply" and one.reason in _OF_THE_MESSAGE)
        }
        said = [(one.route, one.outcome and one.outcome.value, one.reason) for one in tries]
        if found.state is DeliveryState.REJECTED:
            assert found.last_reason == "recipient_unknown" or refused_by == {"primary", "fallback"}, said
        elif is_steady:
            assert {one.route for one in tries} == {"primary", "fallback"}, said
        gaps = [second.started_at - first.started_at for first, second in pairwise(tries)]
        assert not (is_steady and any(one <= SECOND >= other for one, other in pairwise(gaps))), said
