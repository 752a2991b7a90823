"""A person erased from messages: names, addresses and the other sides' words, in all that was sent about them."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import ends, messages
from hireloop.notify.ends import EndKind
from hireloop.statements import Statement

# What a blanked payload says of a person; an alert's `reason` is a slug, and stays.
_BLANKS = {
    "candidate_name": "",
    "candidate_email": "",
    "booking_notes": "",
    "reply": "",
    "time_zone": None,
    "locale": None,
}
# And an entry of a slot's interviewer's list.
_BLANKS_OF_AN_ATTENDEE = {"name": "", "email": "", "booking_notes": "", "coding_language": "", "has_resume": False}

# All alerts about some schedules are locked.
_HOLD_ALERTS = Statement("SELECT FROM alert WHERE schedule = ANY(:schedules::uuid[]) ORDER BY id FOR UPDATE")
# All deliveries of some schedules are locked.
_HOLD = Statement("SELECT FROM delivery WHERE schedule = ANY(:schedules::uuid[]) ORDER BY id FOR UPDATE")
# Deliveries and their attempts are blanked, the address of the last word kept, and all else that is pending ended.
_FORGET = Statement("""
    WITH about AS (
        SELECT id, recipient, state = 'pending' AND kind = :last AS is_last,
            state = 'pending' AND kind <> :last AS is_superseded
        FROM delivery
        WHERE schedule = ANY(:schedules::uuid[]) ORDER BY id FOR UPDATE
    ), kept AS (
        INSERT INTO kept_address (delivery, address) SELECT id, recipient FROM about WHERE is_last
        ON CONFLICT DO NOTHING
    ), blanked AS (
        UPDATE delivery SET erased_at = :now::timestamptz,
            recipient = CASE WHEN kind = ANY(:candidates::text[]) THEN 'erased:' || delivery.id
                ELSE delivery.recipient END,
            payload = CASE
                WHEN is_last THEN payload || :blanks::jsonb - '{time_zone,locale}'::text[]
                ELSE payload || :blanks::jsonb || CASE WHEN kind = 'alert' THEN '{}' ELSE '{"reason": ""}'::jsonb END
            END,
            state = CASE WHEN state = 'pending' AND NOT is_last THEN 'superseded' ELSE state END,
            lease_token = CASE WHEN is_last THEN lease_token END,
            leased_until = CASE WHEN is_last THEN leased_until END,
            deadline_at = CASE
                WHEN is_last THEN least(deadline_at, :now::timestamptz + interval '24 hours') ELSE deadline_at
            END,
            last_reply = NULL
        FROM about WHERE delivery.id = about.id
        RETURNING delivery.id, delivery.kind, channel, required, traceparent, is_superseded
    ), returned AS (
        DELETE FROM returned_mail USING about WHERE returned_mail.delivery = about.id
    ), replies AS (
        UPDATE attempt SET reply = NULL FROM blanked WHERE attempt.delivery = blanked.id
    )
    SELECT id, kind, channel, required, traceparent FROM blanked WHERE is_superseded
""")
# Messages that name these candidates among those who did not come name them no more; the others are still told.
_FORGET_MISSED = Statement("""
    UPDATE delivery SET payload = payload || kept.changed FROM (
        SELECT d.id, jsonb_build_object(
            'missed', coalesce(jsonb_agg(one) FILTER (WHERE one->>'schedule_id' <> ALL(:names::text[])), '[]'),
            'more', (d.payload->>'more')::int + count(*) FILTER (WHERE one->>'schedule_id' = ANY(:names::text[]))
        ) AS changed
        FROM delivery d, jsonb_array_elements(d.payload->'missed') AS one
        WHERE d.kind = 'no_show' AND d.payload->'missed' @> ANY(:listed::jsonb[]) GROUP BY d.id
    ) kept WHERE delivery.id = kept.id
""")
# What an unheard alert reports beside these schedules is reported anew: its own delivery has just ended. One about a
# slot in which others have seats makes room for its successor, which is about the same.
_REPORT_ANEW = Statement("""
    WITH renamed AS (
        UPDATE alert SET occasion = alert.occasion || ':' || alert.id FROM delivery
        WHERE alert.schedule = ANY(:schedules::uuid[]) AND alert.unheard_since IS NOT NULL
          AND delivery.id = alert.delivery AND delivery.slot IS NOT NULL
    )
    UPDATE delivery SET alert = NULL, at_risk_alerted_at = NULL, failure_alerted_at = NULL
    FROM alert WHERE alert.id = delivery.alert AND alert.schedule = ANY(:schedules::uuid[])
      AND alert.unheard_since IS NOT NULL AND delivery.kind <> 'alert'
      AND (delivery.schedule = ANY(:schedules::uuid[])) IS NOT TRUE
""")
# Alerts name nobody.
_FORGET_ALERTS = Statement(
    "UPDATE alert SET payload = payload || :blanks::jsonb WHERE schedule = ANY(:schedules::uuid[])"
)


# What they say of these people is blanked in messages to interviewers of these slots, and in what came back of them.
# Those that are still to be sent are decided anew, by who has a seat then: a try under way loses its lease.
_FORGET_ATTENDEES = Statement("""
    WITH naming AS (
        SELECT id FROM delivery
        WHERE slot = ANY(:slots::uuid[]) AND EXISTS (
            SELECT FROM jsonb_array_elements(payload->'attendees') AS attendee
            WHERE attendee->>'schedule_id' = ANY(:schedules::text[])
        ) ORDER BY id FOR UPDATE
    ), returned AS (
        DELETE FROM returned_mail USING naming WHERE returned_mail.delivery = naming.id
    ), replies AS (
        UPDATE attempt SET reply = NULL FROM naming WHERE attempt.delivery = naming.id
    ), repeated AS (
        UPDATE delivery SET payload = payload || '{"reply": ""}' FROM naming
        WHERE delivery.kind = 'interviewer_unreachable' AND delivery.occasion = naming.id::text
    )
    UPDATE delivery SET undecided = state = 'pending', lease_token = NULL, leased_until = NULL, last_reply = NULL,
        payload = jsonb_set(payload, '{attendees}', (
            SELECT jsonb_agg(CASE WHEN attendee->>'schedule_id' = ANY(:schedules::text[])
                THEN attendee || :blanks::jsonb ELSE attendee END ORDER BY nth)
            FROM jsonb_array_elements(payload->'attendees') WITH ORDINALITY AS listed(attendee, nth)
        ))
    FROM naming WHERE delivery.id = naming.id
""")


async def forget(schedule_ids: Sequence[UUID], *, slots: Sequence[UUID] = (), now: datetime) -> None:
    """Blank the person that these schedules' deliveries are about, in the caller's transaction.

    `slots` are those that the schedules are or were in, whose interviewers were told of the person.

    Names, addresses and the other sides' words are gone; what was sent when, how often and how it ended stays. What is
    still to be sent is superseded, but for a cancellation: a candidate who knows of an interview must hear that it is
    off. Its address is kept apart (`kept_address`) until it has ended, at most 24 h; then the database drops it.
    """
    # First all are locked, in statements of their own: the holder of one may have put an alert about it, with the
    # name, which the snapshot of the statement that waited does not show.
    await _HOLD_ALERTS.run(schedules=list(schedule_ids))
    await _HOLD.run(schedules=list(schedule_ids))
    blanks = msgspec.json.encode(_BLANKS).decode()
    superseded = await _FORGET.rows(
        schedules=list(schedule_ids),
        now=now,
        last=messages.CancelledMessage.kind,
        candidates=sorted(messages.CANDIDATE_KINDS),
        blanks=blanks,
    )
    if superseded:
        db.after_commit(partial(ends.say_all, ends.of_rows(superseded, EndKind.SUPERSEDED)))
    await _FORGET_ATTENDEES.run(
        slots=list(slots),
        schedules=[str(schedule) for schedule in schedule_ids],
        blanks=msgspec.json.encode(_BLANKS_OF_AN_ATTENDEE).decode(),
    )
    listed = [msgspec.json.encode([{"schedule_id": one}]).decode() for one in schedule_ids]
    await _FORGET_MISSED.run(names=[str(one) for one in schedule_ids], listed=listed)
    await _REPORT_ANEW.run(schedules=list(schedule_ids))
    await _FORGET_ALERTS.run(schedules=list(schedule_ids), blanks=blanks)
