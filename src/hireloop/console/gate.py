"""Who is signed in to the console, and whether a press came from its own pages. Both depend on an API key."""

import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from hireloop import errors
from hireloop.access import api_keys, roles
from hireloop.access.api_keys import KeyHolder
from hireloop.access.refusals import note, note_error
from hireloop.access.tables import Role
from hireloop.console import tickets
from hireloop.notify.deliveries import alert_records
from hireloop.notify.deliveries.alert_records import NO_LATE_ALERTS, LateAlerts
from hireloop.notify.deliveries.sending_limits import KeyUse
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.web.csrf import form_token, has_token, is_from_our_page
from hireloop.web.forms import fields_of

_USER = "hireloop.console_visitor"  # in the scope itself, as `access.roles` notes the holder
_UNHEARD = "hireloop.console_unheard"
_RUNNING_OUT = "hireloop.console_running_out"
_PATH = "/"  # what the prefix `__Host-` asks for


class CsrfError(PermissionDeniedException):
    """A change that no page of ours asked for."""


class SignedInUser(NamedTuple):
    """Who is signed in, and by which ticket."""

    holder: KeyHolder
    ticket: str

    @property
    def token(self) -> str:
        """What each of our forms carries: only the holder of the ticket can make it."""
        return form_token(self.ticket)


async def let_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through whose cookie is good for this handler; the guard of every page behind sign-in.

    Raises NotSignedIn or NotAllowed. Looks the key up each time, so that a revoked one is out within 5 s, and reads
    the alerts and the overused keys that every page shows to those who can act.
    """
    context = context_of(connection)
    ticket = connection.cookies.get(_cookie_name(context), "")
    holder = await _holder_of(ticket, context)
    roles.admit(connection, holder, handler)
    scope = cast("dict[str, Any]", connection.scope)
    scope[_USER] = SignedInUser(holder, ticket)
    scope[_UNHEARD] = NO_LATE_ALERTS if holder.role is Role.VIEWER else await alert_records.late()
    scope[_RUNNING_OUT] = await context.outbox.limits.keys_running_out() if holder.role is Role.ADMIN else []


async def exchange(request: AnyRequest, key: str) -> Cookie:
    """Return the cookie for the holder of this API key; raises NotSignedIn for a bad one, slower and slower."""
    context = context_of(request)
    try:
        holder = await context.keys.holder_of(key)
    except errors.NotSignedIn as error:
        note_error(request, error)
        await context.bad_keys.hold_back(request)
        raise
    ticket = tickets.issue(context.secret, holder.id, api_keys.hash_of(key), now=datetime.now(UTC))
    return _cookie(context, ticket, max_age=int(tickets.LIFE.total_seconds()))


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
    """Return the keys that have sent most of their messages of a day; none for those who cannot revoke a key."""
    found: list[KeyUse] = cast("dict[str, Any]", connection.scope)[_RUNNING_OUT]
    return found


async def _holder_of(ticket: str, context: Context) -> KeyHolder:
    claim = tickets.parse(ticket)
    if claim is None:
        raise errors.NotSignedIn("bad_cookie" if ticket else None)  # who has no cookie is asked for a key
    now = datetime.now(UTC)
    return await context.keys.holder_by_proof(
        claim.key_id,
        lambda key_hash: tickets.is_genuine(ticket, claim, key_hash, context.settings.secrets, now=now),
    )


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
