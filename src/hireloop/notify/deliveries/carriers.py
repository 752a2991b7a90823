"""Carriers: over what an alert goes, and to whom, in which order (docs/decisions/0050). Pure."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from hireloop.notify.messages import AlertMessage
from hireloop.notify.transport import Channel

PATIENCE = timedelta(seconds=60)  # a carrier that has not taken an alert by then goes on trying beside the next ones
BY_CHAT, TO_RECRUITER, TO_ALERT_EMAIL = 1, 2, 3  # the ranks


class Carrier(NamedTuple):
    """A channel, and the recipient that an alert has there: an address over mail, else the channel itself."""

    channel: str
    recipient: str


class Rank(NamedTuple):
    """Carriers that are given an alert at the same time; `send_to` is their address over mail."""

    number: int
    send_to: str | None
    carriers: tuple[Carrier, ...]


def ranks_of(
    channels: Sequence[Channel], *, recruiter: str | None, alert_email: str, held: str | None = None
) -> list[Rank]:
    """Return the carriers of an alert in order: chats and webhooks, the job's recruiter, ALERT_EMAIL.

    The channel `held`, which the alert is about, comes last: it is not a way if there is any other. A rank without
    carriers is left out, so that nobody at all is an empty list.
    """
    ours = [channel for channel in channels if AlertMessage.kind in channel.kinds]
    chats = tuple(Carrier(one.name, one.name) for one in ours if not one.personal)
    ranks = [Rank(BY_CHAT, None, chats)]
    for number, address in ((TO_RECRUITER, recruiter), (TO_ALERT_EMAIL, alert_email)):
        if address and all(address != rank.send_to for rank in ranks):
            ranks.append(Rank(number, address, tuple(Carrier(one.name, address) for one in ours if one.personal)))
    others = [_only(rank, is_held=False, held=held) for rank in ranks]
    itself = [_only(rank, is_held=True, held=held) for rank in ranks]
    return [rank for rank in [*others, *itself] if rank.carriers]


def following(ranks: Sequence[Rank], tried: Collection[Carrier], *, reached: int) -> Rank | None:
    """Return the next rank with the carriers that were not tried yet; None if all of them were.

    What lies before the rank `reached` comes last: a chat that was configured since is better than nobody.
    """
    left = [rank._replace(carriers=tuple(one for one in rank.carriers if one not in tried)) for rank in ranks]
    left = [rank for rank in left if rank.carriers]
    return min(left, key=lambda rank: rank.number < reached) if left else None  # the first of equals


def _only(rank: Rank, *, is_held: bool, held: str | None) -> Rank:
    return rank._replace(carriers=tuple(one for one in rank.carriers if (one.channel == held) is is_held))
