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
        )) AS missing,
        (SELECT count(*) FROM delivery WHERE state = 'pending'
            AND deadline_at < coalesce(:now, now()) - make_interval(secs => :grace_seconds)
            AND (leased_until IS NULL OR leased_until <= coalesce(:now, now())
                OR deadline_at < coalesce(:now, now()) - make_interval(secs => :renewed_seconds))) AS overdue
""")  # noqa: S608 (our own words)


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries by state, and how many are unaccounted for: always 0."""

    counts: dict[str, int]
    missing: int  # schedules whose current revision lacks the required delivery that it calls for
    overdue: int  # deliveries still pending a minute past their deadline, with no try under way

    @property
    def unaccounted(self) -> int:
        """Return how many bookings or deliveries are unaccounted for."""
        return self.missing + self.overdue


async def read(*, now: datetime | None = None) -> Ledger:
    """Count the deliveries and compare them with the bookings that call for them, in one snapshot.

    A live schedule calls for an invitation or a rescheduled message of its current revision, or for one that ended
    because an earlier one had said the same; a cancelled one for a cancellation, if an earlier revision may have
    arrived, or for one that ended because none had.
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
