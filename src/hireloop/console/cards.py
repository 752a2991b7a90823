"""A booking as the console shows it: the names, what the API returns of it, and labels for its state."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from hireloop.console import labels
from hireloop.console.reader.choices import said_to
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.bookings.lists.places import ListPlace
from hireloop.web.bookings.headline import LABELS, Label
from hireloop.web.bookings.response import ScheduleResponse, responses_of
from hireloop.web.context import AnyRequest, context_of
from hireloop.wording.phrases import phrase

_ERASED = phrase("Erased candidate")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One booking, ready to be shown; a viewer's has no link."""

    item: AgendaItem
    schedule: ScheduleResponse
    headline: Label  # what happened last
    attention: list[Label]  # what else needs attention, the worst first
    why: list[str]  # why it was not taken, in plain words
    warnings: list[str]  # of this booking alone: what concerns all of them is said once

    @property
    def place(self) -> ListPlace:
        """Where it is in a list in the order of start."""
        return ListPlace(at=self.schedule.starts_at, id=self.schedule.id)

    @property
    def path(self) -> str:
        """Where its page is."""
        return path_of(self.schedule.id)


def path_of(schedule_id: UUID) -> str:
    """Return where a booking's page is; the mails' links lead there too (`notify.rendering`)."""
    return f"/console/bookings/{schedule_id}/"


async def cards_of(request: AnyRequest, items: Sequence[AgendaItem]) -> list[Card]:
    """Return a card for each of these bookings, in their order: one more query, however many they are."""
    schedules = await responses_of(request, [one.booking for one in items])
    common = set(context_of(request).warnings)
    erased = said_to(request)(_ERASED)
    return [_card(_named(one, erased), said, common) for one, said in zip(items, schedules, strict=True)]


def _named(item: AgendaItem, erased: str) -> AgendaItem:
    """Return the booking with what its reader calls a candidate who has no name any more."""
    return msgspec.structs.replace(item, candidate_name=erased) if item.is_erased else item


def _card(item: AgendaItem, said: ScheduleResponse, common: set[str]) -> Card:
    why = labels.why(said.invitation.deliveries)
    return Card(
        item=item,
        schedule=said,
        headline=LABELS[said.headline.code],
        attention=[LABELS[one.code] for one in said.attention if one.code is not said.headline.code],
        why=why,
        warnings=[warning for warning in said.invitation.warnings if warning not in common | set(why)],
    )
