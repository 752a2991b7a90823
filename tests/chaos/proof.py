"""The proof after a run: pure checks of the facts, each of which yields one sentence for each violation.

Delivery is at least once: a second copy of a mail under the same Message-ID is allowed and counted. Everything else
that differs from what was promised is a violation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from typing import NamedTuple, TypeVar
from uuid import UUID

from chaos.facts import Attempt, Booking, Delivery, Facts, Promise
from hireloop.notify.deliveries.deliveries import INVITING_KINDS
from hireloop.notify.deliveries.leases import LEASE_SECONDS
from hireloop.notify.deliveries.ledger import CANCELLING_KIND

# A settlement whose answer was lost with the database is written again, and then its attempt ends that much later.
_WRITTEN_AGAIN = timedelta(seconds=3)
FAILED = frozenset({"rejected", "exhausted", "bounced"})
_FAILED_TRIES = frozenset({"retry", "lost"})
_MAY_HAVE_LEFT = frozenset({"sent", "lost", None})

K = TypeVar("K")
V = TypeVar("V")


class Shelves(NamedTuple):
    """The facts, by what they belong to."""

    facts: Facts
    bookings: dict[UUID, list[Booking]]  # by interview
    current: dict[UUID, list[Delivery]]  # what tells of a schedule's current revision, by schedule
    attempts: dict[UUID, list[Attempt]]  # by delivery, in their order
    copies: Counter[str]  # of each Message-ID


def violations(facts: Facts) -> list[str]:
    """Return a sentence for everything that must not be."""
    return [sentence for found in violations_by_check(facts).values() for sentence in found]


def violations_by_check(facts: Facts) -> dict[str, list[str]]:
    """Return what each check has found, by the check's name; the checks that found nothing are left out."""
    shelves = _sorted(facts)
    checks = (bookings, invitations, message_ids, ends, attempts, leases, ledger)
    return {check.__name__: found for check in checks if (found := list(check(shelves)))}


def second_copies(facts: Facts) -> int:
    """Return how many mails came again under a Message-ID that had arrived before."""
    return len(facts.mails) - len({mail.message_id for mail in facts.mails})


def _sorted(facts: Facts) -> Shelves:
    revisions = {booking.id: booking.revision for booking in facts.bookings}
    return Shelves(
        facts,
        _by((booking.interview, booking) for booking in facts.bookings),
        _by(
            (delivery.schedule, delivery)
            for delivery in facts.deliveries
            if delivery.schedule is not None
            and delivery.required
            and (delivery.state != "superseded" or delivery.told_revision is not None)
            and delivery.revision == revisions.get(delivery.schedule)
        ),
        _by((attempt.delivery, attempt) for attempt in facts.attempts),
        Counter(mail.message_id for mail in facts.mails),
    )


def _by(pairs: Iterator[tuple[K, V]]) -> dict[K, list[V]]:
    shelves: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        shelves[key].append(value)
    return shelves


def bookings(shelves: Shelves) -> Iterator[str]:
    """What was acknowledged is there, as it was acknowledged, and once."""
    for promise in shelves.facts.promises:
        found = shelves.bookings.get(promise.interview, [])
        yield from promise.answers
        if promise.unanswered:
            yield f"interview {promise.interview}: {promise.unanswered} was asked for and never answered"
        elif promise.schedule is None or len(found) != 1:
            asked = f"acknowledged as {promise.schedule}" if promise.schedule else "not acknowledged"
            yield f"interview {promise.interview}: booked {len(found)} times and {asked}"
        else:
            yield from _differences(promise, found[0])
    known = {promise.interview for promise in shelves.facts.promises}
    yield from (f"interview {stray}: booked, and nobody asked for it" for stray in shelves.bookings.keys() - known)


def _differences(promise: Promise, booking: Booking) -> Iterator[str]:
    told = (promise.schedule, promise.slot, promise.revision, promise.is_cancelled)
    there = (booking.id, booking.slot, booking.revision, booking.state == "cancelled")
    if told != there:
        names = ("schedule", "slot", "revision", "cancelled")
        odd = [
            f"{name} {is_} instead of {was}" for name, was, is_ in zip(names, told, there, strict=True) if was != is_
        ]
        yield f"interview {promise.interview}: {', '.join(odd)}"


def invitations(shelves: Shelves) -> Iterator[str]:
    """Each booking has exactly one delivery that tells its candidate about the current revision."""
    known = {delivery.id for delivery in shelves.facts.deliveries}
    for promise in shelves.facts.promises:
        if promise.delivery is not None and promise.delivery not in known:
            yield f"interview {promise.interview}: delivery {promise.delivery} was acknowledged and is not there"
    told_before = {
        delivery.schedule
        for delivery in shelves.facts.deliveries
        if delivery.required and delivery.state != "bounced" and _may_have_left(shelves.attempts.get(delivery.id, []))
    }
    for booking in (one for found in shelves.bookings.values() for one in found):
        is_live = booking.state != "cancelled"
        kinds = INVITING_KINDS if is_live else {CANCELLING_KIND}
        count = sum(delivery.kind in kinds for delivery in shelves.current.get(booking.id, []))
        least = 1 if is_live or booking.id in told_before else 0
        if not least <= count <= 1:
            yield f"booking {booking.id}: {count} deliveries tell of its current revision, {booking.revision}"


def _may_have_left(attempts: list[Attempt]) -> bool:
    return any(attempt.outcome in _MAY_HAVE_LEFT or attempt.maybe_accepted for attempt in attempts)


def message_ids(shelves: Shelves) -> Iterator[str]:
    """A mail's Message-ID belongs to one delivery, and it went to that delivery's recipient."""
    owners = _by((delivery.message_id, delivery) for delivery in shelves.facts.deliveries)
    for message_id, owning in owners.items():
        if len(owning) > 1:
            yield f"Message-ID {message_id}: belongs to {len(owning)} deliveries"
    for mail, count in Counter(shelves.facts.mails).items():
        owning = owners.get(mail.message_id, [])
        if not owning:
            yield f"Message-ID {mail.message_id}: {count} mails to {mail.recipient}, and no delivery has it"
        elif mail.recipient.lower() not in {delivery.recipient.lower() for delivery in owning}:
            yield f"Message-ID {mail.message_id}: went to {mail.recipient} instead of {owning[0].recipient}"


def ends(shelves: Shelves) -> Iterator[str]:
    """Each delivery has ended: it arrived, or its row says why not."""
    for delivery in shelves.facts.deliveries:
        arrived = shelves.copies[delivery.message_id]
        made = shelves.attempts.get(delivery.id, [])
        outcomes = Counter(attempt.outcome for attempt in made)
        may_have_left = sum(attempt.outcome in _MAY_HAVE_LEFT or attempt.maybe_accepted for attempt in made)
        match delivery.state:
            case "pending":
                yield f"delivery {delivery.id}: still pending{' past its deadline' if delivery.is_overdue else ''}"
            case "sent" if not arrived:
                yield f"delivery {delivery.id}: sent, and no mail of it was taken"
            case "sent" if not outcomes["sent"]:
                yield f"delivery {delivery.id}: sent, and no attempt of it was"
            case "rejected" | "exhausted" if outcomes["sent"]:
                yield f"delivery {delivery.id}: {delivery.state}, although an attempt was sent"
            case "rejected" | "exhausted" if not delivery.last_reason:
                yield f"delivery {delivery.id}: {delivery.state} without a reason"
        if not outcomes["sent"] <= arrived <= may_have_left:
            yield (
                f"delivery {delivery.id}: {arrived} mails were taken, of {outcomes['sent']} attempts that were sent "
                f"and {may_have_left} that may have been"
            )


def attempts(shelves: Shelves) -> Iterator[str]:
    """Attempts are numbered without holes, have ended, and `tries` counts no failure twice."""
    for delivery in shelves.facts.deliveries:
        made = shelves.attempts.get(delivery.id, [])
        if [attempt.number for attempt in made] != list(range(1, delivery.attempt_count + 1)):
            yield f"delivery {delivery.id}: attempts {[a.number for a in made]} of {delivery.attempt_count}"
        # That of a superseded delivery whose worker died is closed an hour later, by `deadlines.close_abandoned`.
        if delivery.state != "superseded":
            yield from (
                f"delivery {delivery.id}: attempt {attempt.number} has not ended"
                for attempt in made
                if attempt.outcome is None
            )
        failed = sum(attempt.outcome in _FAILED_TRIES or _overtaken(attempt, made) for attempt in made)
        if delivery.tries > failed:
            yield f"delivery {delivery.id}: {delivery.tries} failed tries are counted, and there were {failed}"


def leases(shelves: Shelves) -> Iterator[str]:
    """Nobody leases what another worker still has: a lease begins after the one before was settled or had run out."""
    for delivery, made in shelves.attempts.items():
        for before, after in combinations(made, 2):
            has_run_out = after.started_at >= before.started_at + timedelta(seconds=LEASE_SECONDS)
            if not has_run_out and _ended_after(before, after):
                yield f"delivery {delivery}: attempt {after.number} was leased while {before.number} was under way"


def _ended_after(before: Attempt, after: Attempt) -> bool:
    return before.finished_at is None or before.finished_at > after.started_at + _WRITTEN_AGAIN


def _overtaken(attempt: Attempt, made: list[Attempt]) -> bool:
    """Return whether this attempt was lost to the next one, and settled only afterwards."""
    later = [other for other in made if other.number == attempt.number + 1]
    return any(
        attempt.finished_at is None or attempt.finished_at > other.started_at - _WRITTEN_AGAIN for other in later
    )


def ledger(shelves: Shelves) -> Iterator[str]:
    """`hireloop ledger` finds nothing unaccounted for."""
    answer = shelves.facts.ledger
    if answer.code or "unaccounted: 0" not in answer.said.splitlines():
        yield f"hireloop ledger: exit code {answer.code}, and it said: {'; '.join(answer.said.split(chr(10)))}"
