"""The interview for the candidate's own calendar, as the mail has it: for those whose mail program did not take it."""

from litestar import Response

from hireloop import session_keys
from hireloop.notify.messages import InvitationMessage
from hireloop.notify.rendering import entries
from hireloop.notify.transports.mail.email import from_address
from hireloop.portal import gate, render, stages
from hireloop.portal.gate import path_of
from hireloop.portal.session_pages import reader_of
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.web.context import AnyRequest, context_of

_MEDIA_TYPE = "text/calendar; method=PUBLISH"  # the charset is added


@gate.visited
async def download(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Send the entry of an interview that is still to come; lead to the page of any other. Changes nothing."""
    if not stages.is_to_come(visit):
        return render.see_other(path_of(visit))
    context = context_of(request)
    settings = context.settings
    message = InvitationMessage.about(
        visit,
        schedule_id=visit.schedule_id,
        revision=visit.revision,
        session_id=visit.session_id,
        key_version=visit.key_version,
        opens_at=visit.opens_at,
        closes_at=visit.closes_at,
        booking_notes=visit.booking_notes,
    )
    content = entries.to_keep(
        message,
        reader_of(request, visit),
        entries.issuer_of(settings.base_url, from_address(settings)),
        portal_url=session_keys.portal_url(settings.base_url, gate.key_in(request, visit.session_id)),
        now=visit.now,
    )
    named = {"Content-Disposition": 'attachment; filename="interview.ics"'}
    return Response(content, media_type=_MEDIA_TYPE, headers=named)
