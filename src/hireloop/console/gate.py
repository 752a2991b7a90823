"""Who is signed in to the console, and whether a press came from its own pages. An API key stands behind both."""

import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from hireloop import errors
from hireloop.access import api_keys, roles
from hireloop.access.api_keys import KeyHolder, KeyRing
from hireloop.console import tickets
from hireloop.settings import Settings
from hireloop.web.context import context_of
from hireloop.web.csrf import form_token, has_token, is_from_our_page
from hireloop.web.forms import fields_of
from hireloop.web.slow_down import hold_back

AnyRequest = Request[Any, Any, Any]

_VISITOR = "hireloop.console_visitor"  # in the scope itself, as `access.roles` notes the holder
_PATH = "/"  # what the prefix `__Host-` asks for


class NotPressedHere(PermissionDeniedException):
    """A change that no page of ours asked for."""


class Visitor(NamedTuple):
    """Who is signed in, by which ticket, through which gate."""

    holder: KeyHolder
    ticket: str
    gate: "Gate"

    @property
    def token(self) -> str:
        """What each of our forms carries: only who holds the ticket can make it."""
        return form_token(self.ticket)


class Gate:
    """Exchanges an API key for a cookie, and checks the cookie and every press after that."""

    def __init__(self, settings: Settings) -> None:
        """Take the secrets and the address; raises SettingsError without a SECRET_KEY."""
        self._secrets = settings.secrets
        self._base_url = settings.base_url
        self._secure = urlsplit(settings.base_url).scheme == "https"
        self._cookie_name = f"{'__Host-' if self._secure else ''}hireloop-console"

    async def let_in(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Let a request through whose cookie is good for this handler; the guard of every page behind sign-in.

        Raises NotSignedIn or NotAllowed. Looks the key up each time, so that a revoked one is out within 5 s.
        """
        ticket = connection.cookies.get(self._cookie_name, "")
        holder = await self._holder_of(ticket, context_of(connection).keys)
        roles.admit(connection, holder, handler)
        cast("dict[str, Any]", connection.scope)[_VISITOR] = Visitor(holder, ticket, self)

    async def exchange(self, request: AnyRequest, key: str) -> Cookie:
        """Return the cookie for whoever holds this API key; raises NotSignedIn for a bad one, slower and slower."""
        try:
            holder = await context_of(request).keys.holder_of(key)
        except errors.NotSignedIn:
            await hold_back(request)
            raise
        ticket = tickets.issue(self._secrets[0], holder.id, api_keys.hash_of(key), now=datetime.now(UTC))
        return self._cookie(ticket, max_age=int(tickets.LIFE.total_seconds()))

    def no_cookie(self) -> Cookie:
        """Return what takes the cookie away."""
        return self._cookie("", max_age=0)

    async def is_signing_in_here(self, request: AnyRequest) -> bool:
        """Return whether a key was typed into our own page: nobody may sign others in as themselves."""
        # There is no cookie yet, so no token can speak for a request whose browser does not say where it comes from.
        return await is_from_our_page(request, secrets.token_urlsafe(), base_url=self._base_url)

    async def is_pressed_here(self, request: AnyRequest, visitor: Visitor) -> bool:
        """Return whether a change was pressed on our own page: the browser says so, and the form has its token."""
        has_our_token = has_token(await fields_of(request), visitor.ticket)
        return has_our_token and await is_from_our_page(request, visitor.ticket, base_url=self._base_url)

    async def _holder_of(self, ticket: str, ring: KeyRing) -> KeyHolder:
        claim = tickets.parse(ticket)
        if claim is None:
            raise errors.NotSignedIn
        now = datetime.now(UTC)
        return await ring.holder_by_proof(
            claim.key_id,
            lambda key_hash: tickets.is_genuine(ticket, claim, key_hash, self._secrets, now=now),
        )

    def _cookie(self, value: str, *, max_age: int) -> Cookie:
        # Lax, not Strict: the link in an alert comes from webmail, and a Strict cookie would not go along with it.
        return Cookie(
            key=self._cookie_name,
            value=value,
            path=_PATH,
            max_age=max_age,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )


def visitor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visitor:
    """Return who is signed in, once the gate has let the request through."""
    visitor: Visitor = cast("dict[str, Any]", connection.scope)[_VISITOR]
    return visitor


async def pressed(request: AnyRequest) -> dict[str, str]:
    """Return the fields of a change; raises NotPressedHere where our own page did not send it. Every POST begins so."""
    visitor = visitor_of(request)
    if not await visitor.gate.is_pressed_here(request, visitor):
        raise NotPressedHere
    return await fields_of(request)
