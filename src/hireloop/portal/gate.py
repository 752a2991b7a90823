"""Session key to cookie and back: who may enter which session."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, assert_never
from uuid import UUID

from litestar import Response
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from hireloop import errors, session_keys
from hireloop.access import press_limits
from hireloop.access.press_limits import PressKind
from hireloop.access.refusals import note
from hireloop.portal import render
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.telemetry import links
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web import languages
from hireloop.web.context import AnyConnection, AnyRequest, Context, context_of
from hireloop.web.csrf import is_from_our_page

Handler = Callable[[AnyRequest, Visit], Coroutine[Any, Any, Response[Any]]]
RouteHandler = Callable[[AnyRequest, FromPath[str]], Coroutine[Any, Any, Response[Any]]]

_KEPT_AFTER_THE_END = timedelta(days=1)


class Refusal(StrEnum):
    """Why somebody does not get in."""

    UNKNOWN = "unknown"  # no secret of ours minted this key, or its session is gone
    REPLACED = "replaced"  # genuine, but a newer key was minted since
    ENDED = "ended"  # genuine, but its candidate has been erased
    NO_COOKIE = "no_cookie"  # the browser holds no key of this session


_RECORDED = {
    Refusal.UNKNOWN: WhyRefused.FORGED_LINK,
    Refusal.REPLACED: WhyRefused.REPLACED_LINK,
    Refusal.ENDED: WhyRefused.ENDED_LINK,
    Refusal.NO_COOKIE: WhyRefused.NO_COOKIE,
}


def visited(handler: Handler) -> RouteHandler:
    """Give a handler the visit of the session in its path, or respond in its place why not (`let_in`)."""
    return _let_into(handler)


def pressed(handler: Handler) -> RouteHandler:
    """Do the same, but let only a press on our own page in, and not too many; raises TooManyPresses."""
    return _let_into(handler, press=PressKind.ACT)


def scripted(handler: Handler) -> RouteHandler:
    """Do the same for what the script of our page sends by itself."""
    return _let_into(handler, press=PressKind.DEVICES)


def beating(handler: Handler) -> RouteHandler:
    """Do the same for what says, again and again, that its tab is still in the interview."""
    return _let_into(handler, press=PressKind.BEAT)


def _let_into(handler: Handler, *, press: PressKind | None = None) -> RouteHandler:
    async def let_into(request: AnyRequest, session_id: FromPath[str]) -> Response[Any]:
        visit = await let_in(request, session_id, to_act=press is not None)
        if isinstance(visit, Response):
            return visit
        if press is not None:
            await press_limits.pay(visit.session_id, press)
        response = await handler(request, visit)
        # A script must know what is done from the redirect of a proxy that wants somebody to sign in.
        is_done = response.status_code == HTTPStatus.SEE_OTHER and press is not None
        return render.nothing() if is_done and request.headers.get("accept") == "application/json" else response

    let_into.__name__, let_into.__doc__ = handler.__name__, handler.__doc__  # not its signature: Litestar reads ours
    return let_into


async def let_in(request: AnyRequest, text: str, *, to_act: bool = False) -> Visit | Response[bytes]:
    """Return the visit of the session called `text`, or the page to return.

    With `to_act` only a press on our own page gets in. Raises NotFoundException for what is no session's id.
    """
    session_id = parse(text)
    found = await check_cookie(request, session_id)
    if not isinstance(found, Visit):
        return await refuse(request, found)
    key = key_in(request, session_id)
    if to_act and not await is_from_our_page(request, key, base_url=context_of(request).settings.base_url):
        note(request, WhyRefused.CSRF)
        return render.page(request, "foreign", status_code=403, path=path_of(found))
    return found


async def check(key: str, secrets: Sequence[str], *, shown_to: AnyConnection | None = None) -> Visit | Refusal:
    """Return the visit that this key opens, or why it opens none. Only a genuine key reaches the database.

    The current span is linked to the booking, and the pages that `shown_to` gets are in its candidate's language.
    """
    claim = session_keys.check(key, secrets)
    if claim is None:
        return Refusal.UNKNOWN
    try:
        visit = await sessions.visit(claim.session_id)
    except errors.NotFound:
        return Refusal.UNKNOWN
    links.add_bookings([visit.traceparent or ""])
    if shown_to is not None:
        languages.remember(shown_to, visit.locale)
    if visit.is_erased and claim.version <= visit.key_version:
        return Refusal.ENDED
    if claim.version < visit.key_version:
        return Refusal.REPLACED
    return visit if claim.version == visit.key_version else Refusal.UNKNOWN


async def check_cookie(request: AnyConnection, session_id: UUID) -> Visit | Refusal:
    """Check this session's cookie, as a key in a link would be; another session's key in it is none."""
    key = key_in(request, session_id)
    if not key:
        return Refusal.NO_COOKIE
    found = await check(key, context_of(request).settings.secrets, shown_to=request)
    return Refusal.UNKNOWN if isinstance(found, Visit) and found.session_id != session_id else found


def key_in(request: AnyConnection, session_id: UUID) -> str:
    """Return the session key in this session's cookie, unchecked, empty without one."""
    return request.cookies.get(_cookie_name(context_of(request), session_id), "")


def cookie(context: Context, key: str, visit: Visit) -> Cookie:
    """Return the cookie that holds the key of this session, until a day after the interview's end."""
    end = max(visit.ends_at, visit.closes_at, visit.now) + _KEPT_AFTER_THE_END
    return Cookie(
        key=_cookie_name(context, visit.session_id),
        value=key,
        path="/",
        max_age=int((end - visit.now).total_seconds()),
        secure=context.settings.is_https,
        httponly=True,
        samesite="lax",
    )


async def hold_back(connection: AnyConnection, refusal: Refusal) -> None:
    """Record that somebody does not get in; a bad key may wait for the response."""
    note(connection, _RECORDED[refusal])
    if refusal is Refusal.UNKNOWN:
        await context_of(connection).bad_keys.hold_back(connection)


async def refuse(request: AnyRequest, refusal: Refusal) -> Response[bytes]:
    """Return the page that says why; a bad key may wait for it."""
    await hold_back(request, refusal)
    match refusal:
        case Refusal.UNKNOWN:
            return render.page(request, "unknown", status_code=404)
        case Refusal.REPLACED:
            return render.page(request, "replaced", status_code=410)
        case Refusal.ENDED:
            return render.page(request, "ended", status_code=410)
        case Refusal.NO_COOKIE:
            return render.page(request, "no_cookie", status_code=403)
        case _ as never:
            assert_never(never)


def _cookie_name(context: Context, session_id: UUID) -> str:
    """Each session's cookie has its own name, so that two links in one browser do not mix."""
    return f"{'__Host-' if context.settings.is_https else ''}hireloop-{session_id}"


def path_of(visit: Visit) -> str:
    """Return where a session lives."""
    return f"/i/{visit.session_id}/"


def parse(text: str) -> UUID:
    """Return the session id in a path; raises NotFoundException for any other spelling than ours."""
    try:
        session_id = UUID(text)
    except ValueError:
        raise NotFoundException from None
    if str(session_id) != text:
        raise NotFoundException
    return session_id
