"""Revoke a candidate's link: asked first, with a reason for the history."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop import errors
from hireloop.access.roles import actor_of
from hireloop.console import booking, render
from hireloop.console.cards import cards_of, path_of
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, pages
from hireloop.console.planning.addresses import CHANGED
from hireloop.console.planning.forms import EMPTY, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.sessions import links
from hireloop.web.context import AnyRequest

_LONGEST_REASON = 2_000


async def ask_to_revoke(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Ask whether the link is really to be revoked, and why."""
    return await _page(request, schedule_id)


async def revoke(request: AnyRequest, schedule_id: FromPath[UUID]) -> Response[bytes]:
    """Revoke the candidate's link; the booking stays, and nobody is notified."""
    sent = forms.tidied(await pressed(request))

    def rule(held: LockedBooking) -> errors.Refused | None:
        return None if sent.get("revision") == str(held.revision) else errors.ChangedSince(CHANGED)

    session_id = (await agenda.find(schedule_id)).booking.session.id
    try:
        reason = forms.text(sent, "reason", most=_LONGEST_REASON)
        did = await links.revoke(session_id, by=actor_of(request), reason=reason, rule=rule)
    except (FormError, errors.Refused) as wrong:
        return await _page(request, schedule_id, Typed(values=sent), wrong)
    return render.see_other(path_of(schedule_id), done="revoked" if did else "not-revoked")


async def _page(
    request: AnyRequest, schedule_id: UUID, typed: Typed = EMPTY, wrong: FormFailure | None = None
) -> Response[bytes]:
    card = (await cards_of(request, [await agenda.find(schedule_id)]))[0]
    possible = booking.possible(card.item)
    return pages.show(request, "revoke", typed=typed, wrong=wrong, card=card, possible=possible)
