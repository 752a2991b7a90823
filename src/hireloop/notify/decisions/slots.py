"""What is still to say to the interviewer of a slot: who comes, that it changed, that it is off, or nothing any more.

All of it follows from who has a seat now, and from what that interviewer was told before. Only `decide` reads the
database.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify import ends, messages
from hireloop.notify.decisions.decision import WHILE_UNDER_WAY, Decision, Nothing, Say, Undecided, Wait, wait
from hireloop.notify.decisions.slot_facts import Notice, SlotStanding, notices_of, standings_of
from hireloop.notify.ends import EndKind
from hireloop.notify.messages import (
    InterviewerCancellation,
    InterviewerInvitation,
    InterviewerMessage,
    InterviewerReminder,
    InterviewerUpdate,
)
from hireloop.notify.tables import DeliveryState
from hireloop.statements import Statement

_NoticeKind = type[InterviewerInvitation | InterviewerUpdate | InterviewerCancellation]
_WHILE_HELD = timedelta(seconds=1)
_WHILE_PENDING = timedelta(seconds=30)


# The slots of which nobody else is deciding, until the transaction ends.
_HOLD = Statement("""
    SELECT slot FROM unnest(:slots::uuid[]) AS slot
    WHERE pg_try_advisory_xact_lock(hashtextextended('notices of ' || slot, 0))
""")
# Messages that are still to be sent end. A try under way loses its lease; if it was sent, its row says so.
_SUPERSEDE = Statement("""
    WITH held AS (
        SELECT id FROM delivery WHERE id = ANY(:ids::uuid[]) AND state = 'pending' ORDER BY id FOR UPDATE
    )
    UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL FROM held
    WHERE delivery.id = held.id RETURNING delivery.id, kind, channel, required, traceparent
""")


async def decide(due: Sequence[Undecided]) -> dict[UUID, Decision]:
    """Return what each message says, given all that may have arrived about its slot, and end what it replaces.

    In the caller's transaction. Of one slot, only one worker decides at a time; the messages of others wait. Raises
    msgspec.ValidationError for a payload that does not fit its kind.
    """
    held = {row["slot"] for row in await _HOLD.rows(slots=sorted({one.slot for one in due if one.slot}))}
    decided: dict[UUID, Decision] = {one.id: Wait(one.now + _WHILE_HELD) for one in due if one.slot not in held}
    ours = [one for one in due if one.slot in held]
    if not ours:
        return decided
    standings, known = await standings_of(sorted(held)), await notices_of(sorted(held), now=ours[0].now)
    overtaking = {one.id for one in ours if _would_overtake(one, known)}
    decided |= {ident: Wait(ours[0].now + WHILE_UNDER_WAY) for ident in overtaking}
    ours = [one for one in ours if one.id not in overtaking]
    replaced = [old.id for one in ours for old in _replaced(one, known, standings)]
    if replaced:
        # A try may have begun meanwhile: what may have arrived is asked once nothing can be leased any more.
        rows = await _SUPERSEDE.rows(ids=sorted(replaced))
        db.after_commit(partial(ends.say_all, ends.of_rows(rows, EndKind.SUPERSEDED)))
        known = await notices_of(sorted(held), now=ours[0].now)
    for group in _by_reader(ours, known).values():
        decided |= _decided(group, known, standings)
    return decided


def _by_reader(due: Sequence[Undecided], known: Mapping[UUID, Sequence[Notice]]) -> dict[object, list[Undecided]]:
    """Return messages by slot and mailbox, the newest first, and reminders each by itself."""
    mailboxes = {one.id: one.mailbox for notices in known.values() for one in notices}
    groups: dict[object, list[Undecided]] = defaultdict(list)
    for one in sorted(due, key=lambda one: (-one.revision, one.id)):
        alone = one.id if one.kind == InterviewerReminder.kind else None
        groups[one.slot, mailboxes[one.id], alone].append(one)
    return groups


def _decided(
    group: Sequence[Undecided], known: Mapping[UUID, Sequence[Notice]], standings: Mapping[UUID, SlotStanding]
) -> dict[UUID, Decision]:
    """Return the decisions on messages to one interviewer: the newest speaks for them all."""
    newest, *older = group
    if newest.slot is None:
        raise TypeError(newest.id)
    it = next(notice for notice in known[newest.slot] if notice.id == newest.id)
    others = [one for one in known[newest.slot] if one.mailbox == it.mailbox and one.id != it.id]
    if newest.kind == InterviewerReminder.kind:
        return {newest.id: reminder(newest, it.mailbox, standings[newest.slot], others)}
    told = notice(newest, it, standings[newest.slot], others)
    rest: Decision = Nothing(newest.revision) if isinstance(told, Say) else told
    return {newest.id: told} | {one.id: rest for one in older}


def _would_overtake(one: Undecided, known: Mapping[UUID, Sequence[Notice]]) -> bool:
    """Return whether something to the same interviewer is under way; a try of the message itself is not waited for."""
    notices = known[one.slot] if one.slot else ()
    mailbox = next(notice.mailbox for notice in notices if notice.id == one.id)
    return any(other.is_under_way for other in notices if other.mailbox == mailbox and other.id != one.id)


def _replaced(
    one: Undecided, known: Mapping[UUID, Sequence[Notice]], standings: Mapping[UUID, SlotStanding]
) -> list[Notice]:
    """Return what is on its way and says something else than what this message would have to say."""
    if one.slot is None or one.kind == InterviewerReminder.kind:
        return []
    it = next(notice for notice in known[one.slot] if notice.id == one.id)
    return [
        old
        for old in known[one.slot]
        if old.mailbox == it.mailbox
        and old.is_on_its_way
        and old.revision < one.revision
        and not _is_same(old, standings[one.slot].of(it.mailbox))
    ]


# --- Pure -----------------------------------------------------------------------------------------------------------


def notice(one: Undecided, it: Notice, standing: SlotStanding, others: Sequence[Notice]) -> Decision:
    """Return what an interviewer is told of a slot; `others` are the other messages to them about it, in order."""
    told = [other for other in others if not other.is_reminder]
    later = [other for other in told if other.revision > one.revision and not other.undecided]
    if later:
        return Nothing(later[-1].revision)
    now = standing.of(it.mailbox)
    on_its_way = [other for other in told if other.is_on_its_way and _is_same(other, now)]
    if on_its_way:
        return Nothing(on_its_way[-1].revision)
    # Whom only a reminder has reached must hear that it is off; of anything else they are to have the invitation.
    known = told if now["attendees"] else others
    # Itself, too: of an erased person it is decided anew, and a try of it may have been under way.
    arrived = sorted((one for one in (*known, it) if one.may_have_arrived), key=lambda one: (one.revision, one.id))
    sure = [other for other in arrived if other.is_sure]
    if not arrived and not now["attendees"]:
        return Nothing(0)
    if sure and sure[-1] is arrived[-1] and _is_same(sure[-1], now):
        return Nothing(sure[-1].revision)
    kind, words = _kind(arrived, now), {**now, "recruiter_email": standing.recruiter_email}
    if kind is InterviewerCancellation:
        words = _last_words(arrived, words)
    elif kind is InterviewerUpdate and (until := _quiet_until(it, one, arrived)) > one.now:
        return Wait(until)
    return Say(kind(slot_id=it.slot, revision=one.revision, interviewer_email=one.recipient, **words))


def _kind(arrived: Sequence[Notice], now: Mapping[str, Any]) -> _NoticeKind:
    """Return the kind of what is told, which is not the same as what was told last."""
    if not now["attendees"]:
        return InterviewerCancellation
    is_invited = bool(arrived) and arrived[-1].kind != InterviewerCancellation.kind
    # Who may not have got the invitation is not told of a change to it.
    is_again = is_invited and not any(one.is_sure for one in arrived) and _is_same(arrived[-1], now)
    return InterviewerUpdate if is_invited and not is_again else InterviewerInvitation


def _last_words(arrived: Sequence[Notice], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a cancellation says: to the reader, and in the words, of what was told last.

    The recruiter stays, too: answers go to whom the reader knows.
    """
    last = arrived[-1].message
    if last is None:
        return {**now}
    return {
        **now,
        "interviewer_name": last.interviewer_name,
        "time_zone": last.time_zone,
        "locale": last.locale,
        "starts_at": last.starts_at,
        "ends_at": last.ends_at,
        "attendees": last.attendees,
        "recruiter_email": last.recruiter_email,
    }


def _quiet_until(it: Notice, one: Undecided, arrived: Sequence[Notice]) -> datetime:
    """Return until when this change waits: a slot that fills for minutes is told of now and then, not each time."""
    sent = [other.sent_at for other in arrived if other.sent_at]
    return max(sent) + (one.first_due_at - it.created_at) if sent else one.now


def _is_same(told: Notice, now: Mapping[str, Any]) -> bool:
    """Return whether this says what there is to say now."""
    if told.kind == InterviewerCancellation.kind or not now["attendees"]:
        return told.kind == InterviewerCancellation.kind and not now["attendees"]
    message = told.message
    return message is not None and _facts(message) == _facts(
        msgspec.convert({**now, "slot_id": told.slot, "revision": 0, "interviewer_email": ""}, InterviewerUpdate)
    )


def _facts(message: InterviewerMessage) -> tuple[object, ...]:
    """Return what an interviewer knows from a message; who can be asked is not worth another one."""
    return (
        message.interviewer_name,
        message.time_zone,
        message.locale,
        message.starts_at,
        message.ends_at,
        sorted(message.attendees, key=lambda attendee: attendee.schedule_id),
    )


def reminder(one: Undecided, mailbox: str, standing: SlotStanding, others: Sequence[Notice]) -> Decision:
    """Return whether an interviewer is reminded of a slot: not while there is news of it, nor right after."""
    told = [other for other in others if not other.is_reminder]
    if any(other.state is DeliveryState.PENDING for other in told):
        return wait(one, one.now + _WHILE_PENDING)
    last = max((other for other in told if other.sent_at), key=lambda other: other.sent_at or one.now, default=None)
    now = standing.of(mailbox)
    if not now["attendees"]:
        return Nothing(last.revision if last else 0)
    if last and last.sent_at and last.sent_at >= one.first_due_at:
        return Nothing(last.revision)
    put = messages.decode(one.kind, one.payload)
    if not isinstance(put, InterviewerReminder):
        raise msgspec.ValidationError(one.kind)
    return Say(msgspec.structs.replace(put, recruiter_email=standing.recruiter_email, **now))
