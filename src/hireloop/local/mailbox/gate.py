"""Who may read the development mailbox: its mails hold links, and other users of this machine reach its port too.

`hireloop up` prints a link with a ticket, which a browser exchanges for a cookie; an API key of an admin opens it as
well, in the form or as a bearer token. Ticket and cookie are `<until>.<MAC>`: Unix seconds in decimal, signed for one
of the two purposes (`hireloop.signing`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from litestar.datastructures import Cookie

from hireloop import errors, signing
from hireloop.access.api_keys import KeyHolder
from hireloop.access.refusals import note, note_error
from hireloop.access.tables import Role
from hireloop.api.http import authentication
from hireloop.settings import Settings
from hireloop.signing import Purpose
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest, context_of

TICKET = "ticket"
PATH = "/dev/mailbox"
_LIFE = timedelta(hours=12)


def ticket_of(settings: Settings, *, now: datetime) -> str:
    """Return a ticket that opens the mailbox for 12 hours from now."""
    return signing.mint(settings.secrets[0], Purpose.MAILBOX_TICKET, _until(now))


def cookie_of(settings: Settings, *, now: datetime) -> str:
    """Return what the cookie of a browser that was let in holds, good for 12 hours from now."""
    return signing.mint(settings.secrets[0], Purpose.MAILBOX_COOKIE, _until(now))


def is_good(text: str, purpose: Purpose, secrets: Sequence[str], *, now: datetime) -> bool:
    """Return whether one of `secrets` wrote exactly this for this purpose, ticket or cookie, and its time is not up."""
    until = signing.check(text, purpose, secrets)
    return until is not None and now.timestamp() < int(until)


async def is_open_to(request: AnyRequest) -> bool:
    """Return whether this request shows a cookie of ours, or an admin's API key as a bearer token."""
    cookie = request.cookies.get(_cookie_name(request), "")
    if is_good(cookie, Purpose.MAILBOX_COOKIE, context_of(request).settings.secrets, now=datetime.now(UTC)):
        return True
    if "authorization" not in request.headers:
        if cookie:
            note(request, WhyRefused.BAD_COOKIE)
        return False
    try:
        return await _is_admins(request, await authentication.sign_in(request))
    except errors.NotSignedIn as error:
        return await _is_admins(request, error)


def takes(request: AnyRequest, ticket: str) -> bool:
    """Return whether this is a ticket of ours whose time is not up."""
    return is_good(ticket, Purpose.MAILBOX_TICKET, context_of(request).settings.secrets, now=datetime.now(UTC))


async def takes_key(request: AnyRequest, key: str) -> bool:
    """Return whether this is an admin's API key; the response to a bad one is delayed more and more."""
    try:
        return await _is_admins(request, await context_of(request).keys.holder_of(key))
    except errors.NotSignedIn as error:
        return await _is_admins(request, error)


def new_cookie(request: AnyRequest) -> Cookie:
    """Return the cookie for a browser that was let in."""
    return Cookie(
        key=_cookie_name(request),
        value=cookie_of(context_of(request).settings, now=datetime.now(UTC)),
        path=PATH,
        max_age=int(_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
    )


async def _is_admins(request: AnyRequest, found: KeyHolder | errors.NotSignedIn) -> bool:
    if isinstance(found, errors.NotSignedIn):
        note_error(request, found)
    elif found.role is Role.ADMIN:
        return True
    else:
        note(request, WhyRefused.WRONG_ROLE, found.id)
    await context_of(request).bad_keys.hold_back(request)
    return False


def _cookie_name(request: AnyRequest) -> str:
    """Return a name with the port in it: browsers send a cookie to every port of this machine."""
    return f"hireloop-mailbox-{request.url.port or 80}"


def _until(now: datetime) -> str:
    return str(int((now + _LIFE).timestamp()))
