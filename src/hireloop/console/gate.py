"""Who is signed in to the console, and whether a press came from its own pages. Both depend on a sign-in's row."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from hireloop import db, errors
from hireloop.access import api_keys, browsers, roles, sign_ins
from hireloop.access.api_keys import KeyHolder
from hireloop.access.refusals import note, note_error
from hireloop.access.sign_ins import FoundSignIn
from hireloop.access.tables import Role
from hireloop.console import tickets
from hireloop.notify.deliveries import alert_records
from hireloop.notify.deliveries.alert_records import NO_LATE_ALERTS, LateAlerts
from hireloop.notify.deliveries.sending_limits import KeyUse
from hireloop.scheduling.audit import Actor
from hireloop.telemetry.logs import log
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.web.csrf import form_token, has_token, is_from_our_page
from hireloop.web.forms import fields_of

_USER = "hireloop.console_visitor"  # in the scope itself, as `access.roles` notes the holder
_UNHEARD = "hireloop.console_unheard"
_RUNNING_OUT = "hireloop.console_running_out"
REFRESH = "hireloop-refresh"  # the header with which `static/refresh.js` asks
_NOBODYS_HASH = secrets.token_bytes(32)
_WHY_REFUSED = {"key_revoked": WhyRefused.REVOKED_KEY, "key_expired": WhyRefused.EXPIRED_KEY}
_UNTYPED = {"token", "form", "revision", "slot", "interview", "job", "candidate", "before", "show", "delivery"}
_PATH = "/"  # what the prefix `__Host-` asks for


class CsrfError(PermissionDeniedException):
    """A change that no page of ours asked for."""


class SignInOver(errors.NotSignedIn):
    """The cookie's sign-in has ended: `ended` says why, and `typed` is what was written into the form that was sent."""

    def __init__(self, found: FoundSignIn, typed: str) -> None:
        ended = found.why_ended or ""
        super().__init__(_WHY_REFUSED.get(ended, WhyRefused.BAD_COOKIE), found.key_id)
        self.ended, self.typed = ended, typed


class SignedInUser(NamedTuple):
    """Who is signed in, and by which ticket."""

    holder: KeyHolder
    ticket: str
    sign_in: UUID

    @property
    def token(self) -> str:
        """What each of our forms carries: only the holder of the ticket can make it."""
        return form_token(self.ticket)


async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through whose cookie is good for this handler; the guard of every page behind sign-in.

    Raises NotSignedIn, SignInOver or NotAllowed. Reads the sign-in and its key from the database each time, so that
    what is ended or revoked is out at once, and the alerts and the overused keys that every page shows to those who
    can act.
    """
    ticket = _ticket_in(connection)
    found = await _sign_in_of(connection, ticket)
    if found is None:
        raise errors.NotSignedIn("bad_cookie" if ticket else None)
    if found.why_ended is not None:
        raise SignInOver(found, await _typed(connection, ticket))
    holder = KeyHolder(id=found.key_id, name=found.name, role=found.role)
    is_used = not is_refresh(connection)
    if is_used:
        context_of(connection).keys.note_use(holder.id)
    roles.admit(connection, holder, handler)
    if is_used:
        await _note_use(found)
    scope = cast("dict[str, Any]", connection.scope)
    scope[_USER] = SignedInUser(holder, ticket, found.id)
    scope[_UNHEARD] = NO_LATE_ALERTS if holder.role is Role.VIEWER else await alert_records.late()
    limits = context_of(connection).outbox.limits
    scope[_RUNNING_OUT] = await limits.keys_running_out() if holder.role is Role.ADMIN else []


def is_refresh(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Return whether an open page asks for itself again: it may be read so, but a sign-in does not last by it."""
    return connection.scope.get("method") in {"GET", "HEAD"} and REFRESH in connection.headers


async def exchange(request: AnyRequest, key: str) -> Cookie:
    """Return the cookie of a new sign-in with this API key; raises NotSignedIn for a bad one, slower and slower.

    The sign-in that the browser had ends. Raises TooManyRequests if the key was used too often within an hour.
    """
    context = context_of(request)
    now = datetime.now(UTC)
    try:
        holder = await context.keys.holder_of(key)
        roles.remember_holder(request, holder)  # a refusal names the key
        before = await _sign_in_of(request, _ticket_in(request))
        ident = await sign_ins.create(
            Actor(holder.name, holder.id),
            open_until=now + tickets.LIFE,
            browser=browsers.described(request.headers.get("user-agent", "")),
            replaces=before.id if before is not None else None,
        )
    except errors.NotSignedIn as error:
        note_error(request, error)
        await context.bad_keys.hold_back(request)
        raise
    ticket = tickets.issue(context.secret, ident, api_keys.hash_of(key), now=now)
    return _cookie(context, ticket, max_age=int(tickets.LIFE.total_seconds()))


async def why_ended(request: AnyRequest) -> str | None:
    """Return why the sign-in of the browser's cookie has ended; None if it has not, or if there is none."""
    found = await _sign_in_of(request, _ticket_in(request))
    return found.why_ended if found is not None else None


def idle_of(connection: ASGIConnection[Any, Any, Any, Any]) -> timedelta:
    """Return how long a sign-in lasts without a request."""
    return timedelta(minutes=context_of(connection).settings.console_idle_minutes)


def no_cookie(request: AnyRequest) -> Cookie:
    """Return what takes the cookie away."""
    return _cookie(context_of(request), "", max_age=0)


async def is_signing_in_here(request: AnyRequest) -> bool:
    """Return whether a key was typed into our own page: nobody may sign others in as themselves."""
    # There is no cookie yet, so no token can speak for a request whose browser does not say where it comes from.
    return await is_from_our_page(request, secrets.token_urlsafe(), base_url=context_of(request).settings.base_url)


async def pressed(request: AnyRequest) -> dict[str, str]:
    """Return the fields of a change; raises CsrfError if our own page did not send it. Every POST begins so.

    The browser says that it was our page, and the form has its token.
    """
    fields, ticket = await fields_of(request), user_of(request).ticket
    base_url = context_of(request).settings.base_url
    if not (has_token(fields, ticket) and await is_from_our_page(request, ticket, base_url=base_url)):
        note(request, WhyRefused.CSRF)
        raise CsrfError
    return fields


def user_of(connection: ASGIConnection[Any, Any, Any, Any]) -> SignedInUser:
    """Return who is signed in, once the gate has let the request through."""
    user: SignedInUser = cast("dict[str, Any]", connection.scope)[_USER]
    return user


def unheard_of(connection: ASGIConnection[Any, Any, Any, Any]) -> LateAlerts:
    """Return the alerts that have not reached anyone, the oldest first; none for those who can only read."""
    unheard: LateAlerts = cast("dict[str, Any]", connection.scope)[_UNHEARD]
    return unheard


def running_out_of(connection: ASGIConnection[Any, Any, Any, Any]) -> list[KeyUse]:
    """Return the keys that have sent most of what they may send in a day; none for those who cannot revoke a key."""
    found: list[KeyUse] = cast("dict[str, Any]", connection.scope)[_RUNNING_OUT]
    return found


def _ticket_in(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    return connection.cookies.get(_cookie_name(context_of(connection)), "")


async def _sign_in_of(connection: ASGIConnection[Any, Any, Any, Any], ticket: str) -> FoundSignIn | None:
    """Return the sign-in of a genuine ticket, open or ended, or None."""
    claim = tickets.parse(ticket)
    if claim is None:
        return None
    settings = context_of(connection).settings
    found = await sign_ins.find(claim.sign_in, idle=idle_of(connection))
    key_hash = found.secret_hash if found is not None else _NOBODYS_HASH
    is_genuine = tickets.is_genuine(ticket, claim, key_hash, settings.secrets, now=datetime.now(UTC))
    return found if is_genuine else None


async def _note_use(found: FoundSignIn) -> None:
    if not found.is_use_due:
        return
    try:
        await sign_ins.note_use(found.id)
    except db.UNAVAILABLE as error:  # such as a database that only reads: its pages are still worth reading
        log.warning("sign_in_use.not_recorded", error=db.described(error))


async def _typed(connection: ASGIConnection[Any, Any, Any, Any], ticket: str) -> str:
    """Return what someone wrote into a form of ours that they sent with this ticket."""
    request = cast("AnyRequest", connection)
    fields = await fields_of(request) if request.method == "POST" else {}
    if not has_token(fields, ticket):
        return ""
    return fields.get("reason") or "\n".join(text for name, text in fields.items() if name not in _UNTYPED and text)


def _cookie_name(context: Context) -> str:
    return f"{'__Host-' if context.settings.is_https else ''}hireloop-console"


def _cookie(context: Context, value: str, *, max_age: int) -> Cookie:
    # Lax, not Strict: the link in an alert comes from webmail, and a Strict cookie would not go along with it.
    return Cookie(
        key=_cookie_name(context),
        value=value,
        path=_PATH,
        max_age=max_age,
        secure=context.settings.is_https,
        httponly=True,
        samesite="lax",
    )
