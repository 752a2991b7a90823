"""An installation that has been in use for two years: a number of bookings, made in SQL and spread as real ones are.

Everything hangs on a booking's number `n` alone, so that the same share of bookings looks the same at any size: nine in
ten are over, one in ten is cancelled, some were moved; a few jobs have most of them, many have hardly any. Nearly all
messages were sent. The few whose invitation failed lie in the older half, where a list that looks from the newest on
finds none for long.
"""

import asyncio
from typing import NamedTuple
from uuid import UUID

import asyncpg

from bench.parts import Database

_DAYS = 784  # of which the last tenth is still to come
_GROUPS = 6250  # interviews of one interviewer, one after another


class HistoryEntry(NamedTuple):
    """What the lists ask for: the usual and the worst of its kind."""

    bookings: int
    busy_job: UUID  # a tenth of all bookings, none of them cancelled
    rare_job: UUID  # one booking, a long time ago
    idle_job: UUID  # no booking
    candidate: UUID  # with a booking
    idle_candidate: UUID  # with none
    interviewer: str
    idle_interviewer: str  # has no slots


def fill(database: Database, bookings: int) -> HistoryEntry:
    """Fill an empty, migrated database with so many bookings, and let the planner see them."""
    past = asyncio.run(_fill(database.url, bookings))
    database.analyze()
    database.settle_down()
    return past


async def _fill(url: str, bookings: int) -> HistoryEntry:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():  # one moment, from which all times and so all ids are reckoned
            for statement in (_IDS, _PLAN.format(bookings=bookings, jobs=max(20, bookings // 500)), *_ROWS):
                await connection.execute(statement)
            found = await connection.fetchrow(_FOUND)
        if found is None:
            raise SystemExit("The bookings were not made.")
        return HistoryEntry(bookings, **dict(found))
    finally:
        await connection.close()


# Ids as `db.new_id` makes them (UUIDv7), but told apart by a kind and a number, so that rows can point at each other.
_IDS = """
    CREATE FUNCTION pg_temp.ident(kind text, n bigint, at timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || kind || '8000'
            || lpad(to_hex(n), 12, '0'))::uuid
    $$;
    CREATE FUNCTION pg_temp.chance(seed bigint, n bigint) RETURNS float LANGUAGE sql IMMUTABLE AS $$
        SELECT (hashint8extended(n, seed) & 2147483647) / 2147483648.0
    $$
"""

# One row a booking; `nth` is its place among those of its interviewer.
_PLAN = f"""
    CREATE TEMP TABLE plan AS
    WITH timed AS (
        SELECT n, n % jobs_of.interviewers AS interviewer, pg_temp.chance(1, n) AS luck, pg_temp.chance(2, n) AS fate,
            (jobs_of.jobs * pg_temp.chance(3, n) ^ 3)::bigint AS job_number,
            n % greatest(1, ({{bookings}} * 0.7)::bigint) AS candidate_number,
            date_trunc('hour', now()) + (n / jobs_of.interviewers - 0.9 * jobs_of.nths)
                * (interval '{_DAYS} days' / jobs_of.nths) AS starts_at
        FROM generate_series(0, {{bookings}} - 1) AS n, (
            SELECT {{jobs}} AS jobs, i AS interviewers, ceil({{bookings}}::float / i) AS nths
            FROM CAST(greatest(10, ceil({{bookings}} / {_GROUPS}.0)) AS bigint) AS i
        ) AS jobs_of
    ), booked AS (
        SELECT *, starts_at < now() AS is_over,
            least(starts_at - interval '1 day' - luck * interval '20 days', now() - luck * interval '60 days')
                AS booked_at
        FROM timed
    )
    SELECT *, pg_temp.ident('5ed', n, booked_at) AS schedule, pg_temp.ident('e55', n, booked_at) AS session,
        pg_temp.ident('a1e', n, booked_at - interval '1 day') AS interview,
        pg_temp.ident('510', n, starts_at - interval '30 days') AS slot,
        pg_temp.ident('cad', candidate_number, now() - interval '{_DAYS} days') AS candidate,
        pg_temp.ident('0b0', job_number, now() - interval '{_DAYS} days') AS job,
        CASE WHEN job_number > 0 AND fate < 0.1 THEN 'cancelled' WHEN is_over AND fate < 0.9 OR fate < 0.4
            THEN 'confirmed' ELSE 'pending' END AS state,
        CASE WHEN n = 3 * {{bookings}} / 10 THEN 'bounced'
            WHEN n < {{bookings}} / 2 AND luck < 0.01 THEN (ARRAY['bounced', 'rejected', 'exhausted'])[1 + n % 3]
            WHEN n >= {{bookings}} * 0.997 THEN 'pending' ELSE 'sent' END AS told,
        fate >= 0.97 AS was_moved, fate BETWEEN 0.899 AND 0.9 AS is_revoked
    FROM booked;
    ANALYZE plan
"""  # noqa: S608 (our own constants)

_PAYLOAD = """jsonb_build_object('schedule_id', p.schedule, 'revision', {revision}, 'candidate_name', 'Asha Rao',
    'candidate_email', 'asha.' || candidate_number || '@example.com', 'time_zone', 'Asia/Kolkata', 'locale', null,
    'job_title', 'Role ' || job_number, 'company', 'Example Labs', 'recruiter_email', 'recruiter@example.com',
    'starts_at', starts_at, 'ends_at', starts_at + interval '45 minutes', 'session_id', p.session, 'key_version', 1,
    'opens_at', starts_at - interval '30 seconds', 'closes_at', starts_at + interval '10 minutes',
    'booking_notes', 'Bring a question about our stack.')"""


def _deliveries(kind: str, number: int, revision: str, of: str, *, state: str, required: bool, at: str) -> str:
    """Return the statement that puts messages of a kind about the bookings for which `of` holds."""
    payload = _PAYLOAD.format(revision=revision)
    return f"""
        INSERT INTO delivery (id, schedule, revision, kind, occasion, channel, recipient, required, starts_at,
            payload, payload_version, state, attempt_count, tries, first_due_at, due_at, at_risk_at, deadline_at,
            message_id, traceparent, last_reason, last_reply, sent_at, bounced_at, failure_alerted_at,
            at_risk_alerted_at, created_at)
        SELECT pg_temp.ident('de{number}', n, {at}), p.schedule, {revision}, '{kind}',
            '{"24h" if kind == "reminder" else ""}', '{"chat-team" if kind == "recruiter_copy" else "email"}',
            'asha.' || candidate_number || '@example.com', {required}, starts_at, {payload}, 1,
            said.state,
            (said.state <> 'pending')::int, (said.state = 'exhausted')::int, {at}, {at}, {at} + interval '15 minutes',
            starts_at + interval '10 minutes', '<' || p.schedule || '.{number}@hire.example>',
            '00-' || md5(n::text) || '-' || left(md5(n::text), 16) || '-01',
            CASE said.state WHEN 'bounced' THEN 'bounced_later' WHEN 'rejected' THEN 'recipient_unknown'
                WHEN 'exhausted' THEN 'timeout' END,
            CASE said.state WHEN 'sent' THEN '250 2.0.0 Ok: queued as 4F1A2B3C4D' WHEN 'pending' THEN NULL
                ELSE '550 5.1.1 No such user here' END,
            CASE WHEN said.state IN ('sent', 'bounced') THEN {at} + interval '2 seconds' END,
            CASE WHEN said.state = 'bounced' THEN {at} + interval '1 minute' END,
            CASE WHEN said.state IN ('bounced', 'rejected', 'exhausted') THEN {at} + interval '1 minute' END,
            CASE WHEN said.state = 'pending' THEN now() END, {at}
        FROM plan p, LATERAL (SELECT {state} AS state) AS said WHERE {of} ORDER BY p.booked_at
    """  # noqa: S608 (our own constants)


_CANCELLED = "p.state = 'cancelled'"
_REVISION = "1 + (p.state = 'cancelled' OR was_moved)::int"

_ROWS = (
    """
    INSERT INTO job (id, title, company, recruiter_email, created_at)
    SELECT pg_temp.ident('0b0', job_number, now() - interval '784 days'), 'Role ' || job_number, 'Example Labs',
        'recruiter@example.com', now() - interval '784 days'
    FROM (SELECT DISTINCT job_number FROM plan ORDER BY 1) AS numbers
    """,
    """
    INSERT INTO job (id, title, company, created_at)
    SELECT pg_temp.ident('0b1', n, now()), title, 'Example Labs', now()
    FROM unnest(ARRAY['Rare', 'Idle']) WITH ORDINALITY AS more(title, n)
    """,
    """
    UPDATE plan SET job = (SELECT id FROM job WHERE title = 'Rare'), state = 'confirmed', fate = 0.5, was_moved = false
    WHERE n = (SELECT max(n) * 3 / 10 FROM plan)
    """,
    """
    INSERT INTO candidate (id, full_name, email, time_zone, created_at)
    SELECT candidate, 'Asha Rao', 'asha.' || candidate_number || '@example.com', 'Asia/Kolkata',
        now() - interval '784 days'
    FROM (SELECT DISTINCT candidate, candidate_number FROM plan ORDER BY 2) AS people
    """,
    """
    INSERT INTO candidate (id, full_name, email, created_at)
    VALUES (pg_temp.ident('cae', 0, now()), 'Nobody Yet', 'nobody.yet@example.com', now())
    """,
    """
    INSERT INTO interview (id, candidate, job, state, started_at, ended_at, created_at)
    SELECT interview, candidate, job, CASE WHEN state = 'cancelled' THEN 'open' WHEN NOT is_over THEN 'scheduled'
            WHEN fate < 0.85 THEN 'completed' ELSE 'no_show' END,
        CASE WHEN state <> 'cancelled' THEN starts_at END,
        CASE WHEN state <> 'cancelled' THEN starts_at + interval '45 minutes' END, booked_at - interval '1 day'
    FROM plan ORDER BY plan.booked_at
    """,
    """
    INSERT INTO slot (id, starts_at, ends_at, taken, interviewer_email, job, created_at)
    SELECT slot, starts_at, starts_at + interval '45 minutes', (state <> 'cancelled')::int,
        'interviewer.' || interviewer || '@example.com', CASE WHEN luck < 0.3 THEN job END,
        starts_at - interval '30 days'
    FROM plan ORDER BY starts_at
    """,
    """
    INSERT INTO schedule (id, interview, slot, candidate, job, state, revision, invited_revision, starts_at, ends_at,
        trace_id, booked_at, reminded_at)
    SELECT schedule, interview, slot, candidate, job, state,
        1 + (state = 'cancelled' OR was_moved)::int + is_revoked::int,
        1 + (state <> 'cancelled' AND was_moved)::int, starts_at, starts_at + interval '45 minutes',
        md5(n::text), booked_at, CASE WHEN is_over THEN starts_at ELSE now() END
    FROM plan ORDER BY plan.booked_at
    """,
    """
    INSERT INTO session (id, schedule, opens_at, closes_at, entered_at, left_at, revoked_at)
    SELECT session, schedule, starts_at - interval '30 seconds', starts_at + interval '10 minutes',
        CASE WHEN is_over AND state <> 'cancelled' AND fate < 0.85 THEN starts_at END,
        CASE WHEN is_over AND state <> 'cancelled' AND fate < 0.85 THEN starts_at + interval '40 minutes' END,
        CASE WHEN is_revoked THEN booked_at + interval '1 hour' END
    FROM plan ORDER BY plan.booked_at
    """,
    """
    INSERT INTO audit_entry (id, at, action, subject, candidate, actor, details, trace_id)
    SELECT pg_temp.ident('aed', n, booked_at), booked_at, 'schedule.booked', schedule, candidate, 'bench',
        jsonb_build_object('interview', interview, 'slot', slot, 'revision', 1), md5(n::text)
    FROM plan ORDER BY plan.booked_at
    """,
    _deliveries(
        "invitation",
        1,
        "1",
        "true",
        state=f"CASE WHEN {_CANCELLED} OR was_moved THEN 'sent' ELSE told END",
        required=True,
        at="booked_at",
    ),
    _deliveries("recruiter_copy", 2, "1", "job_number % 2 = 0", state="'sent'", required=False, at="booked_at"),
    _deliveries(
        "rescheduled",
        3,
        "2",
        "was_moved AND p.state <> 'cancelled'",
        state="told",
        required=True,
        at="least(booked_at + interval '5 hours', now())",
    ),
    _deliveries(
        "cancelled",
        4,
        "2",
        _CANCELLED,
        state="'sent'",
        required=True,
        at="least(booked_at + interval '5 hours', now())",
    ),
    _deliveries(
        "reminder",
        5,
        _REVISION,
        f"is_over AND luck > 0.6 AND NOT {_CANCELLED}",
        state="'sent'",
        required=False,
        at="starts_at - interval '1 day'",
    ),
    """
    INSERT INTO attempt (delivery, number, started_at, finished_at, outcome, reason, phase, code, reply, worker,
        trace_id, span_id)
    SELECT id, 1, first_due_at + interval '1 second', first_due_at + interval '2 seconds',
        CASE state WHEN 'sent' THEN 'sent' WHEN 'bounced' THEN 'sent' WHEN 'rejected' THEN 'rejected' ELSE 'retry' END,
        last_reason, 'reply', CASE WHEN state = 'sent' THEN 250 ELSE 550 END, last_reply, 'bench', md5(id::text),
        left(md5(id::text), 16)
    FROM delivery WHERE state <> 'pending'
    """,
)

_FOUND = """
    SELECT (SELECT id FROM job WHERE title = 'Role 0') AS busy_job,
        (SELECT id FROM job WHERE title = 'Rare') AS rare_job, (SELECT id FROM job WHERE title = 'Idle') AS idle_job,
        (SELECT candidate FROM plan WHERE n = 0) AS candidate,
        (SELECT id FROM candidate WHERE email = 'nobody.yet@example.com') AS idle_candidate,
        'interviewer.0@example.com' AS interviewer, 'interviewer.none@example.com' AS idle_interviewer
"""
