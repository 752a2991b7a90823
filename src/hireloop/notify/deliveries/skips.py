"""Why a delivery is not replayed, and which are not since an API key may send no more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop.notify.deliveries.sending_limits import OnBehalf
from hireloop.notify.messages import CANDIDATE_KINDS
from hireloop.notify.reasons import Slug
from hireloop.notify.tables import DeliveryState


class Skip(Slug):
    """Why a delivery is not replayed; `sentence` says it to a person, with the advice if there is one."""

    PENDING = "pending", "The delivery is still pending: it is due, or waiting for its next attempt."
    SUPERSEDED = (
        "superseded",
        "The booking has since changed, or another message says the same, so this one is no longer needed.",
    )
    PAST = "past", "The deadline of the message has passed, so it would be of no use."
    ADDRESS_CHANGED = (
        "address_changed",
        "The candidate's address has since changed. Replay the delivery to the new address instead.",
    )
    ALERT_OVER = "alert_over", "The alert is over or has been acknowledged, so it is no longer needed."
    CHANNEL_GONE = "channel_gone", "The channel is no longer configured."
    UNREADABLE = "unreadable", "This version of HireLoop cannot read the stored message."
    MOVED_ON = "moved_on", "The state of the delivery has changed in the meantime, probably by another replay."
    TOO_OFTEN = (
        "too_often",
        "The candidate has been sent messages about this booking again as often as is allowed within an hour.",
    )
    KEY_LIMIT = "key_limit", "The API key has sent as many messages as it may in a day."


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as it was before, and why it is not replayed; None: it is."""

    id: UUID
    schedule: UUID | None
    kind: str
    channel: str
    recipient: str  # in clear: a door masks it
    state: DeliveryState
    reason: str | None
    may_have_arrived: bool  # sent, and that it came back is at most what somebody says
    skip: Skip | None


async def of_limits(replayed: Sequence[ReplayResult], behalf: OnBehalf, at: datetime) -> dict[UUID, ReplayResult]:
    """Return those that are not replayed after all, since the key's limits do not allow it; count the others.

    What did not arrive was counted when it was put, and is not counted again: of that, only how often the same
    candidate is written to is limited. A bounce that somebody only claims is no proof of it. In the transaction that
    replays.
    """
    limits, key = behalf.limits, behalf.key
    sent = [one.id for one in replayed if one.may_have_arrived]
    beyond = frozenset(sent[await limits.take(key, len(sent), now=at) :])
    about = {one.id: one.schedule for one in replayed if one.schedule and one.kind in CANDIDATE_KINDS}
    asked = [schedule for ident, schedule in about.items() if ident not in beyond]
    refused = await limits.record_reinvitations(asked, key=key, now=at)
    too_often = {ident for ident, schedule in about.items() if schedule in refused} - beyond
    await limits.give_back(key, len(too_often.intersection(sent)), now=at)
    return {
        one.id: msgspec.structs.replace(one, skip=Skip.KEY_LIMIT if one.id in beyond else Skip.TOO_OFTEN)
        for one in replayed
        if one.id in beyond or one.id in too_often
    }
