"""Who hears what: which message kinds go over which channel, by MESSAGE_ROUTES or as is usual. Pure.

Candidates are told by mail alone, since their link is a secret. Everything else has a usual place that
MESSAGE_ROUTES can change, kind by kind.
"""

import re
from collections.abc import Collection, Mapping, Sequence

import msgspec

from hireloop.errors import SettingsError
from hireloop.notify.messages import (
    CANDIDATE_KINDS,
    KINDS,
    KNOWN_KINDS,
    AlertMessage,
    Audience,
    DeclinedMessage,
    RecruiterCopyMessage,
)

EMAIL = "email"
NOBODY = "none"

_TAGS = {Audience.RECRUITERS: "recruiters", Audience.OPERATORS: "failures"}
# With nobody else to hear them, these go by mail: somebody has to act on them.
_NEVER_UNHEARD = frozenset({"late_request", "declined", "no_show", "interviewer_unreachable"})
# All goes well: programs hear of it, and people only where it is routed to them.
_FOR_PROGRAMS = frozenset({"confirmed", "entered", "finished"})
_PROGRAMS = "webhook"  # the family of all webhooks


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """A chat channel or a webhook, by the names that MESSAGE_ROUTES may call it."""

    name: str
    tags: tuple[str, ...] = ()  # as the settings give them; without any it hears everything that is not a candidate's
    family: str = ""  # a name that it shares with all of its kind, such as `webhook` or `slack`


def kinds_by_channel(routes: str, subscribers: Sequence[Subscriber]) -> dict[str, frozenset[str]]:
    """Return the message kinds of `email` and of every other channel, by the channel's name.

    Raises SettingsError, with what is known, for a route that names what there is not.
    """
    chosen = {**_chosen(routes, subscribers)}
    if chosen.get(RecruiterCopyMessage.kind):  # until 0.1.0, that a candidate cancels was said in a recruiter copy
        chosen.setdefault(DeclinedMessage.kind, chosen[RecruiterCopyMessage.kind])
    subscribed: dict[str, set[str]] = {
        EMAIL: set(CANDIDATE_KINDS),
        **{subscriber.name: set() for subscriber in subscribers},
    }
    for kind in KNOWN_KINDS - CANDIDATE_KINDS:
        for name in chosen[kind] if kind in chosen else _usual(kind, subscribers):
            subscribed[name].add(kind)
    return {name: frozenset(kinds) for name, kinds in subscribed.items()}


def _usual(kind: str, subscribers: Sequence[Subscriber]) -> list[str]:
    tag = _TAGS[KINDS[kind].audience]
    heard_by = [one for one in subscribers if kind not in _FOR_PROGRAMS or one.family == _PROGRAMS]
    found = [subscriber.name for subscriber in heard_by if not subscriber.tags or tag in subscriber.tags]
    if kind == AlertMessage.kind:
        return [*found, EMAIL]  # if the others do not take an alert, mail carries it next
    return found or ([EMAIL] if kind in _NEVER_UNHEARD else [])


def _chosen(routes: str, subscribers: Sequence[Subscriber]) -> Mapping[str, Collection[str]]:
    """Return the channels' names of each kind that MESSAGE_ROUTES speaks of."""
    named: dict[str, list[str]] = {}
    for word in re.split(r"[\s,]+", routes.strip()) if routes.strip() else ():
        kind, equals, name = word.partition("=")
        if not word:
            continue
        if not equals or not kind or not name:
            raise SettingsError(f"MESSAGE_ROUTES: {word!r} is not a route. Write kind=name, such as alert=failures.")
        if kind not in KNOWN_KINDS:
            raise SettingsError(f"MESSAGE_ROUTES: the kind {kind!r} is unknown. Use one of {_listed(KNOWN_KINDS)}.")
        if kind in CANDIDATE_KINDS and name != EMAIL:
            raise SettingsError(
                f"MESSAGE_ROUTES: {kind} cannot go to {name!r}, since candidates are notified only by email: their "
                "link is secret. Remove this route."
            )
        named.setdefault(kind, []).append(name)
    return {kind: _channels(kind, names, subscribers) for kind, names in named.items()}


def _channels(kind: str, names: Sequence[str], subscribers: Sequence[Subscriber]) -> set[str]:
    if NOBODY in names:
        if len(names) > 1:
            raise SettingsError(f"MESSAGE_ROUTES: {kind} has both nobody and another route. Remove one of the two.")
        return set()
    found = set[str]()
    for name in names:
        matching = {
            subscriber.name
            for subscriber in subscribers
            if name in {subscriber.name, *subscriber.tags, subscriber.family}
        }
        if name == EMAIL:
            matching = {EMAIL}
        if not matching:
            known = {
                EMAIL,
                NOBODY,
                *(one for subscriber in subscribers for one in (subscriber.name, *subscriber.tags, subscriber.family)),
            }
            raise SettingsError(
                f"MESSAGE_ROUTES: the channel or tag {name!r} is unknown. Use one of {_listed(known - {''})}."
            )
        found |= matching
    return found


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
