"""The outbox: the SQL that puts deliveries and supersedes them (docs/why/delivery-lifecycle.md).

`put_fragment` writes nothing by itself: it hands SQL to the code that books, so that the booking and its deliveries are
one statement. What becomes of a delivery then is written by the worker, through `leases`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import messages
from hireloop.notify.deliveries import retry
from hireloop.notify.transport import Channel
from hireloop.telemetry import spans


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as it is put: what the booking can already say of it."""

    id: UUID
    kind: str
    channel: str
    recipient: str
    required: bool
    message_id: str
    traceparent: str
    due_at: datetime


class Fragment(msgspec.Struct, frozen=True):
    """SQL to be composed into a larger statement, its arguments, and the deliveries it will write."""

    sql: str
    args: tuple[object, ...]
    deliveries: tuple[NewDelivery, ...]


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages are put: it knows the channels, and so how many deliveries a message becomes."""

    channels: tuple[Channel, ...]
    message_id_domain: str

    def put_fragment(
        self, told: Sequence[messages.Message], *, now: datetime, source: str, first_placeholder: int
    ) -> Fragment:
        """Return the INSERT that puts each message on every channel of its kind, one delivery a channel.

        It inserts only if the relation `source` of the surrounding statement has a row. `first_placeholder` is
        the number of its first `$n`. Records a PRODUCER span a delivery, under the current span.
        """
        puts = [
            (message, self._delivery(message, channel, recipient, now))
            for message in told
            for channel in self.channels
            if (recipient := _recipient(message, channel)) is not None
        ]
        p = [f"${first_placeholder + n}" for n in range(len(_COLUMNS) + 1)]
        arrays = ", ".join(f"{p[n]}::{kind}[]" for n, kind in enumerate(_COLUMNS.values()))
        sql = f"""
            INSERT INTO delivery ({", ".join(_COLUMNS)}, payload_version)
            SELECT d.id, d.channel, d.recipient, d.required, d.starts_at, d.message_id, d.traceparent, d.schedule,
                d.revision, d.kind, d.occasion, d.payload::jsonb, d.first_due_at, d.due_at, d.at_risk_at,
                d.deadline_at, {p[-1]}::int
            FROM unnest({arrays}) AS d({", ".join(_COLUMNS)}), {source}
        """  # noqa: S608 (placeholders' numbers and names from our own code)
        rows = [_row(message, delivery, now) for message, delivery in puts]
        args: tuple[object, ...] = tuple([row[column] for row in rows] for column in _COLUMNS)
        return Fragment(sql, (*args, messages.PAYLOAD_VERSION), tuple(delivery for _, delivery in puts))

    async def put(self, told: Sequence[messages.Message], *, now: datetime) -> tuple[NewDelivery, ...]:
        """Put messages in the caller's transaction and return the deliveries that are new.

        What already exists (same schedule, revision, kind, occasion, channel and recipient) is left as it is.
        """
        fragment = self.put_fragment(told, now=now, source="(SELECT) AS always", first_placeholder=1)
        rows = await db.fetch(
            f"{fragment.sql} ON CONFLICT ON CONSTRAINT one_delivery_per_message_and_recipient DO NOTHING RETURNING id",
            *fragment.args,
        )
        new = {row["id"] for row in rows}
        return tuple(delivery for delivery in fragment.deliveries if delivery.id in new)

    def reaches(self, kind: str, address: str | None) -> bool:
        """Return whether a message of this kind would reach anybody, `address` being its recipient over mail."""
        return any(kind in channel.kinds and bool(address or not channel.personal) for channel in self.channels)

    def _delivery(self, message: messages.Message, channel: Channel, recipient: str, now: datetime) -> NewDelivery:
        delivery_id = db.new_id()
        return NewDelivery(
            id=delivery_id,
            kind=message.kind,
            channel=channel.name,
            recipient=recipient,
            required=message.required and channel.required,
            message_id=f"<{delivery_id}@{self.message_id_domain}>",
            traceparent=spans.record_put(delivery_id=delivery_id, kind=message.kind, channel=channel.name),
            due_at=now + message.wait,
        )


# Of a new delivery, in the order in which they are written.
_COLUMNS = {
    "id": "uuid",
    "channel": "text",
    "recipient": "text",
    "required": "bool",
    "starts_at": "timestamptz",
    "message_id": "text",
    "traceparent": "text",
    "schedule": "uuid",
    "revision": "int",
    "kind": "text",
    "occasion": "text",
    "payload": "text",
    "first_due_at": "timestamptz",
    "due_at": "timestamptz",
    "at_risk_at": "timestamptz",
    "deadline_at": "timestamptz",
}


def _recipient(message: messages.Message, channel: Channel) -> str | None:
    """Return who gets the message over the channel; None where the channel does not carry it, or nobody is named."""
    if message.kind not in channel.kinds:
        return None
    return message.address if channel.personal else channel.name


def _row(message: messages.Message, delivery: NewDelivery, now: datetime) -> dict[str, object]:
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "required": delivery.required,
        "starts_at": message.starts_at,
        "message_id": delivery.message_id,
        "traceparent": delivery.traceparent,
        "schedule": message.schedule_id,
        "revision": message.revision,
        "kind": delivery.kind,
        "occasion": message.occasion,
        "payload": messages.encode(message),
        "first_due_at": delivery.due_at,
        "due_at": delivery.due_at,
        "at_risk_at": _at_risk_at(message, now),
        "deadline_at": retry.deadline_at(delivery.due_at, useless_at=message.deadline(now)),
    }


def _at_risk_at(message: messages.Message, now: datetime) -> datetime | None:
    """Return from when on a failed try is reason enough to take the fallback; an alert is in a hurry from the first."""
    if isinstance(message, messages.AlertMessage):
        return now
    return retry.at_risk_at(now, message.starts_at) if message.required else None


async def supersede(schedule_id: UUID, *, before_revision: int, kept: Collection[str] = ()) -> int:
    """End what is still to be sent of a schedule's older revisions, in the caller's transaction; return how many.

    Messages of the kinds `kept` go out all the same.
    A try under way loses its lease: what it comes to still fills its attempt, and `sent_at` where it was sent.
    """
    rows = await db.fetch(
        """
        UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL
        WHERE schedule = $1 AND revision < $2 AND state = 'pending' AND kind <> ALL($3::text[]) RETURNING id
        """,
        schedule_id,
        before_revision,
        sorted(kept),
    )
    return len(rows)


async def was_tried(schedule_id: UUID) -> bool:
    """Return whether anything that a candidate depends on was ever tried for this schedule, and so may have arrived."""
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT FROM delivery WHERE schedule = $1 AND required AND attempt_count > 0)", schedule_id
        )
    )


# What a blanked payload says of a person; an alert's `reason` is a slug, and stays.
_BLANKS = {
    "candidate_name": "",
    "candidate_email": "",
    "booking_notes": "",
    "time_zone": None,
    "locale": None,
}


async def forget(schedule_ids: Sequence[UUID], *, now: datetime) -> None:
    """Blank the person whom these schedules' deliveries are about, in the caller's transaction.

    Names, addresses and the other sides' words are gone; what was sent when, how often and how it ended stays. What is
    still to be sent is superseded, but for a cancellation: a candidate who knows of an interview must hear that it is
    off. Its address is kept apart (`kept_address`) until it has ended, at most 24 h; then the database drops it.
    """
    # First all stand still, in a statement of their own: whoever held one may have put an alert about it, with the
    # name, which the snapshot of the statement that waited does not show.
    await db.fetch("SELECT FROM delivery WHERE schedule = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(schedule_ids))
    await db.fetch(
        """
        WITH about AS (
            SELECT id, recipient, state = 'pending' AND kind = $3 AS is_last FROM delivery
            WHERE schedule = ANY($1::uuid[]) ORDER BY id FOR UPDATE
        ), kept AS (
            INSERT INTO kept_address (delivery, address) SELECT id, recipient FROM about WHERE is_last
            ON CONFLICT DO NOTHING
        ), blanked AS (
            UPDATE delivery SET erased_at = $2::timestamptz,
                recipient = CASE WHEN kind = ANY($4::text[]) THEN 'erased:' || delivery.id ELSE delivery.recipient END,
                payload = CASE
                    WHEN is_last THEN payload || $5::jsonb - '{time_zone,locale}'::text[]
                    ELSE payload || $5::jsonb || CASE WHEN kind = 'alert' THEN '{}' ELSE '{"reason": ""}'::jsonb END
                END,
                state = CASE WHEN state = 'pending' AND NOT is_last THEN 'superseded' ELSE state END,
                lease_token = CASE WHEN is_last THEN lease_token END,
                leased_until = CASE WHEN is_last THEN leased_until END,
                deadline_at = CASE
                    WHEN is_last THEN least(deadline_at, $2::timestamptz + interval '24 hours') ELSE deadline_at
                END,
                last_reply = NULL
            FROM about WHERE delivery.id = about.id RETURNING delivery.id
        )
        UPDATE attempt SET reply = NULL FROM blanked WHERE attempt.delivery = blanked.id
        """,
        list(schedule_ids),
        now,
        messages.CancelledMessage.kind,
        sorted(messages.CANDIDATE_KINDS),
        msgspec.json.encode(_BLANKS).decode(),
    )
