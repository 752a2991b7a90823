"""The outbox: the SQL that puts deliveries and supersedes them (docs/why/delivery-lifecycle.md).

`put_fragment` writes nothing by itself: it hands SQL to the code that books, so that the booking and its deliveries are
one statement. What becomes of a delivery then is written by the worker, through `leases`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Self
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import ends, messages
from hireloop.notify.deliveries import retry, sending_limits
from hireloop.notify.deliveries.deliveries import may_have_arrived_fragment
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.notify.ends import EndKind
from hireloop.notify.transport import Channel
from hireloop.settings import Settings
from hireloop.statements import Statement
from hireloop.telemetry import spans

MOVE_QUIET = timedelta(seconds=20)
# The traceparents of the bookings that messages are about, by the messages' slots, or else by their schedules.
Origins = Mapping[UUID | None, Sequence[str]]
_NO_ORIGINS: Origins = {}


def origin_fragment(schedule: str) -> str:
    """Return SQL for the traceparent of a booking, whose id is the expression `schedule`: that of its first message."""
    return f"""
        (SELECT first.traceparent FROM delivery AS first
            WHERE first.schedule = {schedule} ORDER BY first.revision, first.id LIMIT 1)
    """  # noqa: S608 (from our own code)


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


class Drafts(msgspec.Struct, frozen=True):
    """Deliveries about to be put, and what `put_fragment` writes of them, by the names of its parameters."""

    deliveries: tuple[NewDelivery, ...]
    values: dict[str, object]


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages are put: it knows the channels, and so how many deliveries a message becomes."""

    channels: tuple[Channel, ...]
    message_id_domain: str
    limits: SendingLimits = SendingLimits()
    alert_email: str | None = None  # hears what recruiters must hear, if a job has no recruiter
    move_quiet: timedelta = MOVE_QUIET

    @classmethod
    def of(cls, settings: Settings, channels: Sequence[Channel]) -> Self:
        """Return the outbox of an installation over these channels."""
        limits = SendingLimits.of(settings)
        return cls(
            channels=tuple(channels),
            message_id_domain=settings.message_id_domain,
            limits=limits,
            alert_email=settings.alert_email or None,
            move_quiet=settings.move_quiet,
        )

    def drafts(self, told: Sequence[messages.Message], *, now: datetime, about: Origins = _NO_ORIGINS) -> Drafts:
        """Return what each message becomes on every channel of its kind, one delivery a channel, for `put_fragment`.

        Records a PRODUCER span a delivery, under the current span and linked to the bookings that it is `about`.
        """
        puts = [
            (message, self._delivery(message, channel, recipient, now, about))
            for message in told
            for channel in self.channels
            if (recipient := _recipient(message, channel)) is not None
        ]
        rows = [_row(message, delivery, now) for message, delivery in puts]
        values: dict[str, object] = {f"put_{column}": [row[column] for row in rows] for column in _COLUMNS}
        values["put_payload_version"] = messages.PAYLOAD_VERSION
        return Drafts(tuple(delivery for _, delivery in puts), values)

    async def put(
        self,
        told: Sequence[messages.Message],
        *,
        now: datetime,
        key: UUID | None = None,
        about: Origins = _NO_ORIGINS,
    ) -> tuple[NewDelivery, ...]:
        """Put messages in the caller's transaction and return the deliveries that are new; `about` as in `drafts`.

        They count for the API key on whose behalf they are put, and are put even if it has used up its messages: what
        may be refused is `invite_again` and a booking. What already exists (same schedule, revision, kind, occasion,
        channel and recipient) is left as it is.
        """
        return await self._put(told, now=now, key=key, about=about, refuses=False)

    async def invite_again(
        self, told: Sequence[messages.InvitationMessage], *, now: datetime, key: UUID | None
    ) -> tuple[NewDelivery, ...]:
        """Put invitations to bookings whose candidates were invited before, on behalf of an API key, as `put` does.

        Raises TooManyReinvitations for a booking that has had as many in an hour as may be, and TooManyMessages if the
        key has used up its messages; the caller's transaction holds the bookings.
        """
        schedules = [message.schedule_id for message in told]
        for refused in sorted(await self.limits.record_reinvitations(schedules, key=key, now=now)):
            await self.limits.refuse_reinvitation(refused, now=now)
        return await self._put(told, now=now, key=key, about=_NO_ORIGINS, refuses=True)

    async def _put(
        self, told: Sequence[messages.Message], *, now: datetime, key: UUID | None, about: Origins, refuses: bool
    ) -> tuple[NewDelivery, ...]:
        drafts = self.drafts(told, now=now, about=about)
        if not drafts.deliveries:
            return ()
        rows = await _PUT.rows(**drafts.values, key=self.limits.counted(key), now=now)
        if rows and self.limits.is_close(rows[0]["used"] + len(rows)):
            await self.limits.check(key, new=len(rows), now=now, refuses=refuses)
        new = {row["id"] for row in rows}
        return tuple(delivery for delivery in drafts.deliveries if delivery.id in new)

    def reaches(self, kind: str, address: str | None) -> bool:
        """Return whether a message of this kind would reach anybody, `address` being its recipient over mail."""
        return any(kind in channel.kinds and bool(address or not channel.personal) for channel in self.channels)

    def _delivery(
        self, message: messages.Message, channel: Channel, recipient: str, now: datetime, about: Origins
    ) -> NewDelivery:
        delivery_id, origins = db.new_id(), about.get(message.slot_id or message.schedule_id, ())
        kind = message.kind
        return NewDelivery(
            id=delivery_id,
            kind=kind,
            channel=channel.name,
            recipient=recipient,
            required=message.required and channel.required,
            message_id=f"<{delivery_id}@{self.message_id_domain}>",
            traceparent=spans.record_put(delivery_id=delivery_id, kind=kind, channel=channel.name, about=origins),
            due_at=self._due_at(message, now) + message.wait,
        )

    def _due_at(self, message: messages.Message, now: datetime) -> datetime:
        """Return when a message is due, but for its own `wait`: some wait for more changes."""
        match message:
            case messages.RescheduledMessage() | messages.RecruiterCopyMessage(change="rescheduled"):
                return retry.quiet_until(now, message.starts_at, quiet=self.move_quiet)
            case messages.InterviewerUpdate(may_wait=True):
                return retry.seats_quiet_until(now, message.starts_at, quiet=self.move_quiet)
            case _:
                return now


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
    "slot": "uuid",
    "revision": "int",
    "kind": "text",
    "occasion": "text",
    "payload": "jsonb",
    "first_due_at": "timestamptz",
    "due_at": "timestamptz",
    "at_risk_at": "timestamptz",
    "deadline_at": "timestamptz",
    "created_at": "timestamptz",
    "alert": "uuid",
    "undecided": "bool",
}


def used_fragment(*, key: str, now: str) -> str:
    """Return the expression for how many messages an API key has sent in a day; 0 without a key."""
    return sending_limits.used_fragment(key=key, now=now)


def count_fragment(*, key: str, now: str, source: str) -> str:
    """Return the statement that counts the rows of the relation `source`, which are deliveries, for an API key."""
    return sending_limits.add_fragment(key=key, now=now, source=source)


def put_fragment(*, source: str, notice_revision: str = "d.revision") -> str:
    """Return the INSERT of drafted deliveries, if the relation `source` of the surrounding statement has a row.

    `notice_revision` is the expression for the revision of what is about a slot, where the statement itself raises it.
    """
    names = ", ".join(_COLUMNS)
    arrays = ", ".join(f":put_{name}::{kind}[]" for name, kind in _COLUMNS.items())
    return f"""
        INSERT INTO delivery ({names}, payload_version)
        SELECT d.id, d.channel, d.recipient, d.required, d.starts_at, d.message_id, d.traceparent, d.schedule, d.slot,
            CASE WHEN d.slot IS NULL THEN d.revision ELSE {notice_revision} END, d.kind, d.occasion, d.payload::jsonb,
            d.first_due_at, d.due_at, d.at_risk_at, d.deadline_at, d.created_at, d.alert, d.undecided,
            :put_payload_version::int
        FROM unnest({arrays}) AS d({names}), {source}
    """  # noqa: S608 (names from our own code)


# Deliveries, but for those that already exist, counted for a key; and how many it had sent before.
_PUT = Statement(f"""
    WITH put AS (
        {put_fragment(source="(SELECT) AS always")}
        ON CONFLICT ON CONSTRAINT one_delivery_per_message_and_recipient DO NOTHING RETURNING id
    ), counted AS (
        {sending_limits.add_fragment(key=":key", now=":now::timestamptz", source="put")}
    )
    SELECT id, {sending_limits.used_fragment(key=":key", now=":now::timestamptz")} AS used FROM put
""")  # noqa: S608 (our own words)


def _recipient(message: messages.Message, channel: Channel) -> str | None:
    """Return who gets the message over the channel; None if the channel does not carry it, or nobody is named."""
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
        "slot": message.slot_id,
        "revision": message.revision,
        "kind": delivery.kind,
        "occasion": message.occasion,
        "payload": messages.encode(message),
        "first_due_at": delivery.due_at,
        "due_at": delivery.due_at,
        "at_risk_at": _at_risk_at(message, now, delivery.due_at),
        "deadline_at": retry.deadline_at(delivery.due_at, useless_at=message.deadline(now)),
        "created_at": now,
        "alert": message.alert_id if isinstance(message, messages.AlertMessage) else None,
        "undecided": message.is_decided_later,
    }


def _at_risk_at(message: messages.Message, now: datetime, due_at: datetime) -> datetime | None:
    """Return from when on a failed try is reason enough to take the fallback; an alert is in a hurry from the first."""
    if isinstance(message, messages.AlertMessage):
        return now
    return retry.at_risk_at(due_at, message.starts_at) if message.required else None


# What is pending of a schedule's older revisions ends, but for some kinds, and for alerts: one may report other
# schedules too, and the sweep of the alerts ends those that are over.
_SUPERSEDE = Statement("""
    UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL
    WHERE schedule = :schedule AND revision < :before_revision AND state = 'pending' AND kind <> ALL(:kept::text[])
        AND NOT (kind = 'alert' AND alert IS NOT NULL)
    RETURNING id, kind, channel, required, traceparent
""")


async def supersede(schedule_id: UUID, *, before_revision: int, kept: Collection[str] = ()) -> int:
    """End what is still to be sent of a schedule's older revisions, in the caller's transaction; return how many.

    Messages of the kinds `kept` go out all the same.
    A try under way loses its lease: its result still fills its attempt, and `sent_at` if it was sent.
    """
    rows = await _SUPERSEDE.rows(schedule=schedule_id, before_revision=before_revision, kept=sorted(kept))
    _say_superseded(rows)
    return len(rows)


def _say_superseded(rows: Sequence[ends.DeliveryRow]) -> None:
    if rows:
        db.after_commit(partial(ends.say_all, ends.of_rows(rows, EndKind.SUPERSEDED)))


# What is still to be sent of alerts ends.
_WITHDRAW = Statement("""
    UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL
    WHERE alert = ANY(:alerts::uuid[]) AND kind = 'alert' AND state = 'pending'
    RETURNING id, kind, channel, required, traceparent
""")


async def withdraw(alert_ids: Sequence[UUID]) -> None:
    """End what is still to be sent of these alerts, in the caller's transaction: nobody needs to hear of them."""
    if alert_ids:
        _say_superseded(await _WITHDRAW.rows(alerts=list(alert_ids)))


# Whether anything may have reached a schedule's candidate, at one address or at any.
_MAY_HAVE_HEARD = Statement(f"""
    SELECT EXISTS (SELECT FROM delivery WHERE schedule = :schedule AND kind = ANY(:kinds::text[])
        AND (:address::text IS NULL OR address_key(recipient) = address_key(:address))
        AND {may_have_arrived_fragment()})
""")  # noqa: S608 (our own words)


async def may_have_heard(schedule_id: UUID, *, address: str | None = None) -> bool:
    """Return whether the candidate may have heard of this booking: at this address, or at any."""
    kinds = sorted(messages.CANDIDATE_KINDS)
    return bool(await _MAY_HAVE_HEARD.value(schedule=schedule_id, kinds=kinds, address=address))
