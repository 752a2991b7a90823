"""Leases: the SQL by which workers claim deliveries and settle them (docs/why/delivery-lifecycle.md).

A lease is a time-limited claim, fenced by its token. `take` and `settle` are each a short transaction of their own.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import asyncpg
import msgspec

from hireloop import db
from hireloop.notify import ends, messages, threads
from hireloop.notify.channels.providers import LeaseRequest, Route
from hireloop.notify.deliveries import provider_choice
from hireloop.notify.ends import End, EndKind
from hireloop.notify.rate_limit import RateLimit, sql_of_free, sql_of_paid
from hireloop.notify.tables import AttemptOutcome, ChannelRate, DeliveryState
from hireloop.notify.transport import Evidence
from hireloop.notify.transports.replies import kept_text
from hireloop.statements import Statement, as_structs
from hireloop.telemetry import events

LEASE_SECONDS = 30
LOST_IN_A_ROW = 5
SAID_HERE = frozenset({AttemptOutcome.SENT, AttemptOutcome.RELEASED})  # whether these are news, the row alone knows
RENEWED_PAST_DEADLINE_SECONDS = 600  # a send that has not ended by then is lost, however long its thread hangs


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's time-limited claim on one delivery, with what it needs to send it."""

    id: UUID
    number: int  # of the attempt that this lease has opened
    token: UUID
    route: Route  # by which it goes
    schedule: UUID | None  # what is about a slot or a channel is about no schedule
    revision: int
    kind: str
    channel: str
    recipient: str
    required: bool
    payload: str
    message_id: str
    traceparent: str
    tries: int
    first_due_at: datetime
    at_risk_at: datetime | None
    deadline_at: datetime
    leased_at: datetime
    may_change_provider: bool = False  # the other one is open, and the delivery has left neither so far
    other_may_accept: bool = False  # the channel has another one that has not refused this very message
    was_unreached: bool = False  # its previous try by this provider did not get as far as MAIL
    first_mail: str | None = None  # the Message-ID that begins its thread, if that may have arrived
    invitation_state: str | None  # of the invitation that a recruiter copy tells of; `waiting`: tried in vain so far
    previous_trace_id: str | None
    previous_span_id: str | None


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one try, ready to be written: the attempt's end, and what becomes of the delivery."""

    delivery_id: UUID
    number: int
    token: UUID
    outcome: AttemptOutcome
    state: DeliveryState
    evidence: Evidence | None = None
    reason: str | None = None
    maybe_accepted: bool = False
    due_at: datetime | None = None  # for a delivery that stays pending; None leaves it as it is
    trace_id: str | None = None
    span_id: str | None = None


_NOW = "coalesce(:now, now())"
# Of a channel with a rate limit: how many more tries may begin now, counted under the lock.
_RATE = f"""
    rate_limit AS (
        SELECT paid_until, {sql_of_free("paid_until", _NOW, burst=":burst", interval=":interval")} AS free
        FROM channel_rate WHERE channel = :channel FOR UPDATE
    ),
"""  # noqa: S608 (our own words)
_PAID = f"""
    paid AS (
        UPDATE channel_rate
        SET paid_until = {sql_of_paid("rate_limit.paid_until", _NOW, interval=":interval", count="count")}
        FROM rate_limit, (SELECT count(*) FROM leased) AS taken WHERE channel = :channel AND count > 0
    ),
"""  # noqa: S608 (as above)
# A person may be erased after this statement's snapshot and before it locks the row: then the row says so already, and
# the address that was kept is not to be seen yet. It is for the next one to take.
_TAKE = """
    WITH {rate_limit} due AS (
        SELECT id, first_due_at, lease_token IS NOT NULL AS was_leased, required OR kind = 'alert' AS matters,
            (required OR kind = 'alert') AND (tries > 0 OR lease_token IS NOT NULL)
                AND coalesce(at_risk_at <= coalesce(:now, now()), false) AS alternates
        FROM delivery
        WHERE state = 'pending' AND NOT undecided AND channel = :channel AND due_at <= coalesce(:now, now())
          AND deadline_at > coalesce(:now, now())
          AND (leased_until IS NULL OR leased_until <= coalesce(:now, now()))
          AND kind = ANY(:kinds::text[]) AND payload_version = :payload_version
          AND (erased_at IS NULL OR EXISTS (SELECT FROM kept_address WHERE kept_address.delivery = delivery.id))
          AND (:among = 'all' OR (required OR kind = 'alert') AND (:among = 'required' OR tries > 0))
        ORDER BY {order} LIMIT {limit}
        FOR UPDATE SKIP LOCKED
    ), {routed}, dead AS (
        UPDATE attempt SET outcome = 'lost', finished_at = coalesce(:now, now())
        FROM due WHERE due.was_leased AND attempt.delivery = due.id AND attempt.outcome IS NULL
        RETURNING attempt.delivery, attempt.number, attempt.route
    ), streak AS (
        SELECT due.id FROM due WHERE due.was_leased AND :lost_in_a_row = (
            SELECT count(*) FROM (
                SELECT outcome FROM attempt WHERE attempt.delivery = due.id AND started_at >= due.first_due_at
                ORDER BY number DESC LIMIT :lost_in_a_row
            ) latest WHERE coalesce(outcome, 'lost') = 'lost'
        )
    ), given_up AS (
        UPDATE delivery SET state = 'exhausted', last_reason = 'crashes_worker', lease_token = NULL,
            leased_until = NULL, tries = tries + 1
        FROM streak WHERE delivery.id = streak.id
    ), leased AS (
        UPDATE delivery SET lease_token = gen_random_uuid(),
            leased_until = coalesce(:now, now()) + make_interval(secs => :lease_seconds),
            attempt_count = attempt_count + 1,
            tries = tries + (delivery.id IN (SELECT delivery FROM dead))::int
        FROM routed WHERE delivery.id = routed.id AND routed.id NOT IN (SELECT id FROM streak)
        RETURNING delivery.*, routed.route,
            routed.may_change_provider, routed.was_unreached
    ), {paid} opened AS (
        INSERT INTO attempt (delivery, number, route, fingerprint, worker, started_at)
        SELECT id, attempt_count, route,
            CASE route WHEN 'primary' THEN :primary_fingerprint::text ELSE :fallback_fingerprint::text END,
            :worker, coalesce(:now, now()) FROM leased
    )
    SELECT leased.id, attempt_count AS number, lease_token AS token, leased.route, schedule, revision, kind, channel,
        coalesce((SELECT address FROM kept_address WHERE kept_address.delivery = leased.id), recipient) AS recipient,
        required, payload, message_id, traceparent, tries, first_due_at, at_risk_at, deadline_at,
        coalesce(:now, now()) AS leased_at, may_change_provider, was_unreached, {other_may_accept},
        CASE WHEN slot IS NOT NULL THEN {first_mail_of_slot}
            WHEN kind = ANY(:threaded_kinds::text[]) AND (kind <> 'invitation' OR revision > 1) THEN {first_mail}
        END AS first_mail,
        CASE WHEN kind = 'recruiter_copy' THEN (
            SELECT CASE WHEN state = 'pending' AND last_reason IS NOT NULL THEN 'waiting' ELSE state END
            FROM delivery invitation
            WHERE invitation.schedule = leased.schedule AND invitation.required
              AND invitation.revision = revision_told(leased.schedule, leased.revision) ORDER BY invitation.id LIMIT 1
        ) END AS invitation_state,
        previous.trace_id AS previous_trace_id, previous.span_id AS previous_span_id, lost.rows AS lost
    FROM (
        SELECT coalesce(json_agg(gone), '[]')::text AS rows FROM (
            SELECT id, kind, channel, required, traceparent, dead.number AS attempt, dead.route,
                id IN (SELECT id FROM streak) AS is_given_up
            FROM dead JOIN delivery ON delivery.id = dead.delivery
        ) gone
    ) lost LEFT JOIN (leased LEFT JOIN attempt previous
        ON previous.delivery = leased.id AND previous.number = leased.attempt_count - 1) ON true
    ORDER BY deadline_at
"""
# A probe's order is a statement of its own: with an order that depends on an argument, a plan made for any argument
# would sort the whole backlog.
_ORDERS = {False: "deadline_at", True: "attempt_count, deadline_at"}
_FREELY = {"rate_limit": "", "paid": "", "limit": ":limit"}
_AT_A_RATE = {
    "rate_limit": _RATE,
    "paid": _PAID,
    "limit": "(SELECT greatest(0, least(:limit, coalesce(max(free), 0))) FROM rate_limit)",
}
# By whether one probes, whether the channel has a rate limit, and whether the other provider is open.
_TAKES = {
    (probing, limited, other): Statement(
        _TAKE.format(
            order=_ORDERS[probing],
            routed=provider_choice.OF_TWO if other else provider_choice.AS_ASKED,
            other_may_accept=provider_choice.OTHER_MAY_ACCEPT,
            first_mail=threads.first_mail_fragment("leased"),
            first_mail_of_slot=threads.first_mail_fragment("leased", about="slot"),
            **(_AT_A_RATE if limited else _FREELY),
        )
    )
    for probing, limited, other in product((False, True), repeat=3)
}
_NONE_SO_FAR = datetime.fromtimestamp(0, UTC)  # of a channel with a rate limit: nothing is paid for


async def take(
    channel: str,
    *,
    limit: int,
    worker: str,
    kinds: Sequence[str],
    request: LeaseRequest = LeaseRequest(route=Route.PRIMARY),  # noqa: B008 (frozen)
    fingerprints: Mapping[Route, str] | None = None,
    rate_limit: RateLimit | None = None,
    now: datetime | None = None,
) -> list[Lease]:
    """Claim at most `limit` due deliveries of one channel for `LEASE_SECONDS`, earliest deadline first.

    `request` filters them and says by which provider they go. If it leaves that open, they go by the primary until they
    leave it (`provider_choice`); but one that is required, was tried in vain and is at risk goes by the other provider
    than the last time. A probe takes what was tried least often: one delivery alone must not hold a channel for ever.

    Each attempt notes which of `fingerprints` it went by (`providers`). With a `rate_limit`, all workers together take
    no more than it allows.

    In the same statement each claim opens its attempt, and the attempt of a worker that never came back is
    closed as `lost`; the fifth lost attempt in a row ends the delivery as `exhausted`, reason `crashes_worker`.
    """
    values = {
        "channel": channel,
        "kinds": list(kinds),
        "threaded_kinds": list(threads.THREADED_KINDS),
        "payload_version": messages.PAYLOAD_VERSION,
        "limit": limit,
        "worker": worker,
        "lease_seconds": LEASE_SECONDS,
        "now": now,
        "lost_in_a_row": LOST_IN_A_ROW,
        "route": request.route.value if request.route else provider_choice.EITHER,
        "among": request.scope.value,
        "primary_fingerprint": (fingerprints or {}).get(Route.PRIMARY),
        "fallback_fingerprint": (fingerprints or {}).get(Route.FALLBACK),
        "other_is_open": request.other_is_open,
        **provider_choice.arguments_of_refusals(),
    }
    if request.other_is_open:
        values |= provider_choice.arguments()
    if rate_limit is not None:
        # The row that the tries of the channel are counted in.
        await ChannelRate.insert(ChannelRate(channel=channel, paid_until=_NONE_SO_FAR)).on_conflict(action="DO NOTHING")
        values |= {"burst": rate_limit.burst, "interval": rate_limit.interval}
    statement = _TAKES[request.probing, rate_limit is not None, request.other_is_open]
    rows = await statement.rows(**values)  # one at least: it holds the tries that were lost, if any
    ends.say_all(ends.of_lost_tries(rows[0]["lost"]))
    return as_structs((row for row in rows if row["id"] is not None), Lease)


# Leases that are still ours last longer.
_RENEW = Statement("""
    UPDATE delivery SET leased_until = coalesce(:now, now()) + make_interval(secs => :lease_seconds)
    FROM unnest(:ids::uuid[], :tokens::uuid[]) AS ours(id, token)
    WHERE delivery.id = ours.id AND delivery.lease_token = ours.token
      AND deadline_at > coalesce(:now, now()) - make_interval(secs => :past_deadline_seconds)
    RETURNING ours.token
""")


@db.transactional(one_statement=True)
async def renew(leases: Sequence[Lease], *, now: datetime | None = None) -> set[UUID]:
    """Lengthen the leases that are still ours and return their tokens."""
    rows = await _RENEW.rows(
        ids=[lease.id for lease in leases],
        tokens=[lease.token for lease in leases],
        now=now,
        lease_seconds=LEASE_SECONDS,
        past_deadline_seconds=RENEWED_PAST_DEADLINE_SECONDS,
    )
    return {row["token"] for row in rows}


# Something that came back stays on record until a delivery ends badly; why a try failed is on its attempt.
_CAME_BACK = "(answer.state IN ('pending', 'sent') AND last_reason IN ('came_back', 'complaint'))"
# Attempts are completed, and the deliveries whose lease is still ours become what the answers say. Beside these it
# returns what an earlier run has written, whose own reply was lost with the connection, and writes that only once.
_SETTLE = Statement(f"""
    WITH answer AS (
        SELECT * FROM unnest(
            :ids::uuid[], :numbers::int[], :tokens::uuid[], :outcomes::text[], :states::text[], :reasons::text[],
            :maybe_accepted::bool[], :due_at::timestamptz[], :phases::text[], :codes::int[], :enhanced_codes::text[],
            :replies::text[], :trace_ids::text[], :span_ids::text[])
        AS a(id, number, token, outcome, state, reason, maybe_accepted, due_at, phase, code, enhanced_code, reply,
            trace_id, span_id)
    ), finished AS (
        UPDATE attempt SET outcome = answer.outcome, finished_at = coalesce(:now, now()), reason = answer.reason,
            maybe_accepted = answer.maybe_accepted
                OR (attempt.outcome IS NOT DISTINCT FROM 'lost' AND answer.outcome = 'sent'),
            phase = answer.phase, code = answer.code,
            enhanced_code = answer.enhanced_code, reply = answer.reply, trace_id = answer.trace_id,
            span_id = answer.span_id
        FROM answer WHERE attempt.delivery = answer.id AND attempt.number = answer.number
          AND (attempt.outcome IS NULL OR answer.outcome <> 'released')
          AND (attempt.outcome IS DISTINCT FROM answer.outcome OR attempt.span_id IS DISTINCT FROM answer.span_id)
    ), settled AS (
        UPDATE delivery SET
            state = CASE WHEN answer.state = 'pending' AND sent_at >= first_due_at THEN 'sent' ELSE answer.state END,
            lease_token = NULL,
            leased_until = NULL,
            due_at = coalesce(answer.due_at, delivery.due_at),
            tries = tries + (answer.outcome = 'retry')::int,
            last_reason = CASE WHEN answer.outcome = 'released' OR {_CAME_BACK} THEN last_reason ELSE answer.reason END,
            last_reply = CASE WHEN answer.outcome = 'released' OR {_CAME_BACK} THEN last_reply ELSE answer.reply END,
            reported_by = CASE WHEN answer.outcome = 'released' OR {_CAME_BACK} THEN reported_by END,
            sent_at = CASE WHEN answer.outcome = 'sent' THEN coalesce(:now, now()) ELSE sent_at END
        FROM answer
        WHERE delivery.id = answer.id AND delivery.lease_token = answer.token
        RETURNING delivery.id, answer.token, channel,
            answer.state = 'pending' AND delivery.state = 'sent' AS is_sent_before
    )
    SELECT * FROM settled
    UNION ALL
    SELECT delivery.id, answer.token, channel, delivery.state <> answer.state FROM answer
        JOIN attempt ON attempt.delivery = answer.id AND attempt.number = answer.number
        JOIN delivery ON delivery.id = answer.id
    WHERE attempt.outcome = answer.outcome AND attempt.span_id = answer.span_id AND lease_token IS NULL
        AND CASE WHEN answer.outcome = 'sent' THEN delivery.state = 'sent' AND sent_at = attempt.finished_at
            ELSE delivery.state = answer.state
                OR answer.state = 'pending' AND delivery.state = 'sent' AND sent_at <= attempt.finished_at END
""")  # noqa: S608 (our own words)
# What was sent although its lease was not ours any more was sent all the same, when its attempt ended.
_SENT_LATE = Statement("""
    UPDATE delivery SET sent_at = coalesce(sent_at, attempt.finished_at), state = CASE
        WHEN state = 'pending' AND lease_token IS NULL AND attempt.started_at >= first_due_at THEN 'sent'
        ELSE state END
    FROM unnest(:ids::uuid[], :numbers::int[]) AS late(id, number)
        JOIN attempt ON attempt.delivery = late.id AND attempt.number = late.number
        JOIN (SELECT id, state AS was FROM delivery WHERE id = ANY(:ids::uuid[]) FOR UPDATE) old ON old.id = late.id
    WHERE delivery.id = late.id
    RETURNING delivery.id, kind, channel, required, attempt.number AS attempt, attempt.route, attempt.phase, code,
        enhanced_code, attempt.trace_id, attempt.span_id, was = 'pending' AND state = 'sent' AS ends_delivery
""")
# Tries that have ended without sending anything, and not as lost: these stay lost.
_RELEASED_LATE = Statement("""
    SELECT delivery.id, kind, channel, required, attempt.number AS attempt, route, trace_id, span_id
    FROM unnest(:ids::uuid[], :numbers::int[]) AS late(id, number)
        JOIN attempt ON attempt.delivery = late.id AND attempt.number = late.number AND outcome = 'released'
        JOIN delivery ON delivery.id = late.id
""")


async def settle(settlements: Sequence[Settlement], *, now: datetime | None = None) -> set[UUID]:
    """Write the results of these tries and return the ids of the deliveries whose lease was still ours.

    An attempt row is always completed; the delivery's state moves only under our token. A late acceptance still
    sets `sent_at`, whatever has become of the delivery: nothing that happened goes unrecorded. Its attempt counted as
    lost meanwhile, and so says `maybe_accepted`: there may be a second copy. No further one is sent, unless a try is
    under way already. It says itself how the tries of `SAID_HERE` ended whose lease was not ours.
    """
    settled = await _settle(settlements, now)
    ours = {row["token"]: row["id"] for row in settled}
    late = [s for s in settlements if s.outcome is AttemptOutcome.SENT and s.token not in ours]
    released = [s for s in settlements if s.outcome is AttemptOutcome.RELEASED and s.token not in ours]
    ended = [*await _note_late(late), *await _released_late(released)]
    # From here on nothing can fail and be done, and said, once more.
    for row in settled:
        if row["is_sent_before"]:  # by an earlier try, whose line could not say that it ends the delivery
            events.record_end(channel=row["channel"], state=DeliveryState.SENT.value, reason=None)
    for end in ended:
        ends.say(end)
    return set(ours.values())


@db.transactional(one_statement=True)
async def _settle(settlements: Sequence[Settlement], now: datetime | None) -> list[asyncpg.Record]:
    """Write the results of these tries; return the deliveries whose lease was still ours, with its token.

    With the token: one batch may hold two tries of one delivery, of which only the later one was still ours.
    """
    evidence = [s.evidence for s in settlements]
    return await _SETTLE.rows(
        ids=[s.delivery_id for s in settlements],
        numbers=[s.number for s in settlements],
        tokens=[s.token for s in settlements],
        outcomes=[s.outcome.value for s in settlements],
        states=[s.state.value for s in settlements],
        reasons=[s.reason for s in settlements],
        maybe_accepted=[s.maybe_accepted for s in settlements],
        due_at=[s.due_at for s in settlements],
        phases=[e.phase.value if e else None for e in evidence],
        codes=[e.code if e else None for e in evidence],
        enhanced_codes=[e.enhanced_code if e else None for e in evidence],
        replies=[kept_text(e.reply) if e else None for e in evidence],
        trace_ids=[s.trace_id for s in settlements],
        span_ids=[s.span_id for s in settlements],
        now=now,
    )


@db.transactional(one_statement=True)
async def _note_late(late: Sequence[Settlement]) -> list[End]:
    """Note what was sent though its lease had run out meanwhile, and return how that ended."""
    if not late:
        return []
    rows = await _SENT_LATE.rows(ids=[s.delivery_id for s in late], numbers=[s.number for s in late])
    return ends.of_rows(rows, EndKind.SENT, late=True)


async def _released_late(late: Sequence[Settlement]) -> list[End]:
    """Return the ends of those tries that were released under a lease that had run out, and were not lost before."""
    if not late:
        return []
    rows = await _RELEASED_LATE.rows(ids=[s.delivery_id for s in late], numbers=[s.number for s in late])
    return ends.of_rows(rows, EndKind.RELEASED, late=True, ends_delivery=False)
