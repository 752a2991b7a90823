"""Idempotency-Key on every POST of the API: the response is stored in the transaction of the work itself.

See draft-ietf-httpapi-idempotency-key-header, and docs/decisions/0030-idempotency-in-the-same-transaction.md. As a
middleware it sees the handler's response, problems included; the handler's own transactions become part of the one that
is open here.
"""

import asyncio
import re
import time

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from hireloop import db, errors
from hireloop.access.refusals import note_error
from hireloop.access.roles import TAKES_BACK, holder_of
from hireloop.api import problems
from hireloop.api.http import stored_responses
from hireloop.api.http.authentication import require_role
from hireloop.api.http.stored_responses import ClaimResult, KeyedRequest
from hireloop.web.buffered_responses import BufferedResponse, header_of, hold_back
from hireloop.web.context import AnyRequest, context_of

LONGEST_WAIT_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 0.4
_LONGEST_KEY = 255
_HEADER = b"idempotency-key"
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')  # an sf-string of RFC 9651, 3.3.3
_BARE = re.compile(r"[!#-~](?:[ -~]*[!-~])?")
_REFUSED_FROM, _FAILED_FROM, _BUSY = 400, 500, 503
# What may lead to another response for the same key; who asks, how often, and If-Match are not part of it.
_NOT_KEPT = frozenset({401, 403, 412, 429})


class Idempotency:
    """The middleware; it needs to know who asks, and so runs inside `Authentication`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a POST with an Idempotency-Key once; pass every other request through."""
        key = header_of(scope, _HEADER)
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST" or key is None:
            await self.app(scope, receive, send)
            return
        request: AnyRequest = Request(scope, receive)
        await require_role(request, request.route_handler)  # the guards come later, and never to what is said again
        keyed = await _keyed(request, scope)
        try:
            response = await self._respond(request, keyed, receive)
        except Exception as error:  # noqa: BLE001 (Litestar takes the response that was held back for one that was sent)
            note_error(request, error)  # which Litestar's hook does not see either
            explained = problems.handle(request, error).to_asgi_response(None, request)
            await explained(scope, receive, send)
        else:
            await response.send(send)

    async def _respond(self, request: AnyRequest, keyed: KeyedRequest, receive: Receive) -> BufferedResponse:
        """Return the response, ours or the stored one; raises IdempotencyInProgress after 5 s of waiting.

        Between two looks no connection is held, or a few impatient clients would empty the pool. After a deadlock all
        is done again too: a transaction within ours goes back only to its own beginning, and keeps earlier locks.
        """
        until, pause = time.monotonic() + LONGEST_WAIT_SECONDS, _FIRST_PAUSE_SECONDS
        while True:
            response = await self._once(request, keyed, receive)
            is_late = time.monotonic() >= until
            if response is not None and (is_late or response.status != _BUSY):
                return response
            if is_late:
                raise errors.IdempotencyInProgress
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _once(self, request: AnyRequest, keyed: KeyedRequest, receive: Receive) -> BufferedResponse | None:
        """Return the response, or None while the request that has the key is still worked on."""
        try:
            response = await self._work(request, keyed, receive)
        except _NotKept as undone:
            return undone.response
        # The handler's own may have come before the commit, when there was nothing to see.
        context_of(request).wakeups.send_soon()
        return response

    @db.transactional(retries=0)  # `_respond` begins anew
    async def _work(self, request: AnyRequest, keyed: KeyedRequest, receive: Receive) -> BufferedResponse:
        """Let the handler work and store its response; a refusal's work is undone. Raises `_NotKept`."""
        context = context_of(request)
        # The key may be locked by another reader of the response, as we are: busy does not mean that there is none.
        if await stored_responses.claim(keyed) != ClaimResult.FIRST:
            raise _NotKept(await stored_responses.find(keyed, context.secret))
        try:
            response = await self._handle(request, receive)
        except _Undone as undone:
            response = undone.response
            if response.status >= _FAILED_FROM or response.status in _NOT_KEPT:
                raise _NotKept(response) from None
        await stored_responses.keep(keyed, response, context.settings.secrets)
        return response

    @db.transactional(retries=0)
    async def _handle(self, request: AnyRequest, receive: Receive) -> BufferedResponse:
        """Return the handler's response; raises `_Undone` with a refusal."""
        response = await hold_back(self.app, request.scope, receive)
        if response.status >= _REFUSED_FROM:
            raise _Undone(response)
        return response


def _most(request: AnyRequest) -> int:
    """Return how many responses the key may store in a day: twice as many if this takes something back."""
    most = context_of(request).settings.stored_responses_per_key_and_day
    return 2 * most if request.route_handler.opt.get(TAKES_BACK) else most


class _Undone(Exception):
    """The handler has refused: what it wrote before goes."""

    def __init__(self, response: BufferedResponse) -> None:
        super().__init__()
        self.response = response


class _NotKept(Exception):
    """Nothing of this request stays, nor does the claim of its key; its response is this one, or none yet."""

    def __init__(self, response: BufferedResponse | None) -> None:
        super().__init__()
        self.response = response


def key_in(scope: HTTPScope) -> str:
    """Return the key in the request's header, as a string of a structured field or bare: `"k"` and `k` are one key.

    Raises BadInput.
    """
    found = [value.decode("latin-1").strip() for name, value in scope["headers"] if name.lower() == _HEADER]
    if len(found) > 1:
        raise errors.BadInput("Idempotency-Key", "must be given once")
    quoted = _QUOTED.fullmatch(found[0])
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else found[0]
    if not 1 <= len(key) <= _LONGEST_KEY or not (quoted or _BARE.fullmatch(key)):
        raise errors.BadInput(
            "Idempotency-Key",
            f"must have 1 to {_LONGEST_KEY} printable ASCII characters, and may be in double quotes, where a quote or "
            "backslash has a backslash before it",
        )
    return key


async def _keyed(request: AnyRequest, scope: HTTPScope) -> KeyedRequest:
    kind = request.content_type[0].encode()
    return KeyedRequest(
        api_key=holder_of(request).id,
        # However the ids in it are written, it is the same path.
        path=scope["path_template"].format(**request.path_params),
        idempotency_key=key_in(scope),
        request_hash=stored_responses.hash_of(scope["query_string"], kind, await request.body()),
        most_stored=_most(request),
    )
