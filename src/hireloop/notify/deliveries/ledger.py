"""The ledger: the proof that every booking has its deliveries, and the state of each."""

from datetime import datetime

import msgspec

from hireloop.notify.deliveries.deliveries import INVITING_KINDS, may_have_arrived_fragment
from hireloop.notify.deliveries.leases import RENEWED_PAST_DEADLINE_SECONDS
from hireloop.notify.tables import DeliveryState
from hireloop.statements import Statement
from hireloop.telemetry import events

MEASURE_SECONDS = 60.0
CANCELLING_KIND = "cancelled"
_GRACE_SECONDS = 60


_INVITING = ", ".join(f"'{kind}'" for kind in sorted(INVITING_KINDS))
# Slots whose notice of their revision is missing: neither sent nor to be sent, nor ended since its interviewer knows it
# all. Interviewers who were told that they hold an interview, hold it no more, and were not told that. And slots whose
# seats a process of 0.1.0 has changed, a minute after which still no notice was put.
_OF_SLOTS = """
    (SELECT count(*) FROM (
        SELECT slot, revision, notice_key FROM slot_to_notify told WHERE notice_key IS NOT NULL AND NOT EXISTS (
            SELECT FROM delivery d WHERE d.slot = told.slot AND d.revision = told.revision AND d.required
            AND d.kind <> 'interviewer_reminder' AND d.state <> 'superseded'
            AND address_key(d.recipient) = told.notice_key
        ) OFFSET 0
    ) AS silent WHERE NOT EXISTS (
        SELECT FROM delivery d WHERE d.slot = silent.slot AND d.revision = silent.revision AND d.required
        AND d.kind <> 'interviewer_reminder' AND address_key(d.recipient) = silent.notice_key
        AND (d.told_revision = 0 OR EXISTS (
            SELECT FROM delivery before WHERE before.slot = d.slot AND before.revision = d.told_revision
            AND before.required AND address_key(before.recipient) = silent.notice_key
            AND (before.state <> 'superseded' OR before.sent_at IS NOT NULL)
        ))
    )) + (SELECT count(*) FROM (
        SELECT DISTINCT ON (d.slot, address_key(d.recipient)) d.kind, d.undecided, d.state, d.told_revision, d.sent_at
        FROM slot_to_notify held JOIN delivery d ON d.slot = held.slot
        WHERE d.required AND d.kind <> 'interviewer_reminder'
        AND address_key(d.recipient) IS DISTINCT FROM held.notice_key
        ORDER BY d.slot, address_key(d.recipient), d.revision DESC
    ) AS last WHERE last.kind <> 'interviewer_cancelled' AND NOT last.undecided AND (
        last.state IN ('pending', 'sent')
        OR last.state = 'superseded' AND last.told_revision IS NULL AND last.sent_at IS NOT NULL
    )) + (SELECT count(*) FROM slot_to_notify
        WHERE unnoticed_since < coalesce(:now, now()) - make_interval(secs => :grace_seconds))
"""
# The kinds stand in it as they do in the indexes that hold just these deliveries: so it reads those, and not all that
# was ever sent, word for word. Whether a candidate knew of an interview, or was told the same before, is asked of those
# alone who were not told.
_READ = Statement(f"""
    SELECT
        (SELECT coalesce(json_object_agg(state, n), '{{}}') FROM
            (SELECT state, count(*) AS n FROM delivery GROUP BY state) AS states)::text AS counts,
        (SELECT count(*) FROM (
            SELECT schedule, revision FROM schedule_to_notify told WHERE told.live AND NOT EXISTS (
                SELECT FROM delivery d WHERE d.schedule = told.schedule AND d.revision = told.revision
                AND d.required AND d.state <> 'superseded' AND d.kind IN ({_INVITING})
            ) OFFSET 0
        ) AS silent WHERE NOT EXISTS (
            SELECT FROM delivery d JOIN delivery before
                ON before.schedule = d.schedule AND before.revision = d.told_revision
            WHERE d.schedule = silent.schedule AND d.revision = silent.revision AND d.told_revision > 0
            AND d.required AND d.kind IN ({_INVITING})
            AND before.required AND before.state <> 'superseded' AND before.kind IN ({_INVITING})
        )) + (SELECT count(*) FROM (
            SELECT schedule, revision FROM schedule_to_notify told WHERE NOT told.live AND NOT EXISTS (
                SELECT FROM delivery d WHERE d.schedule = told.schedule AND d.revision = told.revision
                AND d.required AND d.state <> 'superseded' AND d.kind = '{CANCELLING_KIND}'
            ) OFFSET 0
        ) AS silent WHERE EXISTS (
            SELECT FROM delivery d WHERE d.schedule = silent.schedule AND d.revision < silent.revision
            AND d.required AND {may_have_arrived_fragment("d")}
        ) AND NOT EXISTS (
            SELECT FROM delivery d WHERE d.schedule = silent.schedule AND d.revision = silent.revision
            AND d.required AND d.told_revision IS NOT NULL AND d.kind = '{CANCELLING_KIND}'
        )) + {_OF_SLOTS} AS missing,
        (SELECT count(*) FROM delivery WHERE state = 'pending'
            AND deadline_at < coalesce(:now, now()) - make_interval(secs => :grace_seconds)
            AND (leased_until IS NULL OR leased_until <= coalesce(:now, now())
                OR deadline_at < coalesce(:now, now()) - make_interval(secs => :renewed_seconds))) AS overdue
""")  # noqa: S608 (our own words)


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries by state, and how many are unaccounted for: always 0."""

    counts: dict[str, int]
    missing: int  # schedules and slots whose current revision lacks the required delivery that it calls for
    overdue: int  # deliveries still pending a minute past their deadline, with no try under way

    @property
    def unaccounted(self) -> int:
        """Return how many bookings or deliveries are unaccounted for."""
        return self.missing + self.overdue


async def read(*, now: datetime | None = None) -> Ledger:
    """Count the deliveries and compare them with the bookings that call for them, in one snapshot.

    A live schedule calls for an invitation or a rescheduled message of its current revision, or for one that ended
    because an earlier one had said the same; a cancelled one for a cancellation, if an earlier revision may have
    arrived, or for one that ended because none had. A slot that its interviewer is told of calls for a notice of its
    current revision, and an interviewer who does not hold it any more for a cancellation.
    """
    row = await _READ.row(now=now, grace_seconds=_GRACE_SECONDS, renewed_seconds=2 * RENEWED_PAST_DEADLINE_SECONDS)
    if row is None:
        return Ledger(counts={}, missing=0, overdue=0)
    return Ledger(counts=msgspec.json.decode(row["counts"]), missing=row["missing"], overdue=row["overdue"])


async def measure() -> None:
    """Read the ledger and let the metrics say it; for a worker, once in `MEASURE_SECONDS`."""
    events.begin_ledger()
    proof = await read()
    counts = {state.value: proof.counts.get(state, 0) for state in DeliveryState}
    events.record_ledger(counts=counts, unaccounted=proof.unaccounted)
