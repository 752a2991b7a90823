"""What is known of slots and of the messages to their interviewers: who has a seat now, and who was told what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hireloop.notify import messages
from hireloop.notify.decisions.decision import under_way_fragment
from hireloop.notify.messages import Attendee, InterviewerMessage, InterviewerReminder
from hireloop.notify.tables import DeliveryState
from hireloop.statements import Statement, as_structs


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A message to an interviewer about a slot, as it stands: decided or not, on its way, or told."""

    id: UUID
    slot: UUID
    mailbox: str  # whose it is, however the address is written
    revision: int
    kind: str
    payload: str
    state: DeliveryState
    undecided: bool
    created_at: datetime
    sent_at: datetime | None
    is_sure: bool  # it was taken, and has not come back
    is_under_way: bool  # a try of it has just begun and may end any moment
    may_have_arrived: bool  # that, or a try of it is under way, or nobody knows how one ended

    @property
    def is_reminder(self) -> bool:
        """Whether it only reminds of what was told before."""
        return self.kind == InterviewerReminder.kind

    @property
    def is_on_its_way(self) -> bool:
        """Whether it is decided what it says, and it is still to be sent."""
        return self.state is DeliveryState.PENDING and not self.undecided

    @property
    def message(self) -> InterviewerMessage | None:
        """What it says; None if that cannot be read any more."""
        try:
            message = messages.decode(self.kind, self.payload)
        except msgspec.MsgspecError:
            return None
        return message if isinstance(message, InterviewerMessage) else None


class SlotStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A slot as its interviewer must know it: whose it is, when, and who has a seat in it."""

    mailbox: str | None
    name: str
    time_zone: str | None
    locale: str | None
    starts_at: datetime
    ends_at: datetime
    attendees: tuple[Attendee, ...]
    recruiter_email: str | None

    def of(self, mailbox: str) -> dict[str, Any]:
        """Return what a message to this interviewer says; nobody comes to one who does not hold the slot any more."""
        if mailbox != self.mailbox:
            return {"starts_at": self.starts_at, "ends_at": self.ends_at, "attendees": []}
        return {
            "interviewer_name": self.name,
            "time_zone": self.time_zone,
            "locale": self.locale,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "attendees": list(self.attendees),
        }


# All messages to the interviewers of slots, in order. A try that is under way, or whose worker was lost, may have
# arrived; what has bounced has not.
_NOTICES = Statement(f"""
    SELECT id, slot, address_key(recipient) AS mailbox, revision, kind, payload::text, state, undecided, created_at,
        sent_at, state <> 'bounced' AND coalesce(sent_at >= first_due_at, false)
            AND coalesce(last_reason, '') <> 'came_back' AS is_sure,
        state <> 'bounced' AND EXISTS (
            SELECT FROM attempt WHERE attempt.delivery = delivery.id
                AND (coalesce(outcome, 'lost') IN ('sent', 'lost') OR maybe_accepted)
        ) AS may_have_arrived, {under_way_fragment()} AS is_under_way
    FROM delivery WHERE slot = ANY(:slots::uuid[]) ORDER BY revision, id
""")  # noqa: S608 (our own words)
# Slots as they are now.
_SLOTS = Statement("""
    SELECT slot, address_key AS mailbox, name, time_zone, locale, starts_at, ends_at FROM slot_to_notify
    WHERE slot = ANY(:slots::uuid[])
""")
# Who has a seat in slots, in the order of their names.
_ROSTER = Statement("""
    SELECT slot, schedule AS schedule_id, candidate_name AS name, candidate_email AS email, job_title, company,
        coding_language, has_resume, booking_notes, recruiter_email
    FROM slot_roster WHERE slot = ANY(:slots::uuid[]) ORDER BY candidate_name, schedule
""")


async def notices_of(slots: Sequence[UUID], *, now: datetime) -> dict[UUID, list[Notice]]:
    """Return all messages to the interviewers of slots, in order, as they are at `now`."""
    found: dict[UUID, list[Notice]] = {slot: [] for slot in slots}
    for one in await _NOTICES.structs(Notice, now=now, slots=list(slots)):
        found[one.slot].append(one)
    return found


async def standings_of(slots: Sequence[UUID]) -> dict[UUID, SlotStanding]:
    """Return slots of which there was something to tell, as they are now."""
    rosters: dict[UUID, list[Any]] = {slot: [] for slot in slots}
    for row in await _ROSTER.rows(slots=list(slots)):
        rosters[row["slot"]].append(row)
    return {
        row["slot"]: msgspec.convert(
            {
                **row,
                "attendees": as_structs(rosters[row["slot"]], Attendee),
                "recruiter_email": _in_common([one["recruiter_email"] for one in rosters[row["slot"]]]),
            },
            SlotStanding,
        )
        for row in await _SLOTS.rows(slots=list(slots))
    }


def _in_common(addresses: Sequence[str | None]) -> str | None:
    """Return the address that all have, or None."""
    return addresses[0] if addresses and len(set(addresses)) == 1 else None
