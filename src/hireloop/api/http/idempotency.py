"""Idempotency-Key on every POST of the API: the answer is stored in the transaction of the work itself.

See draft-ietf-httpapi-idempotency-key-header, and docs/decisions/0030-idempotency-in-the-same-transaction.md. As a
middleware it sees the handler's answer, problems included; the handler's own transactions become part of the one that
is open here.
"""

import asyncio
import time

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from hireloop import db, errors
from hireloop.access.roles import holder_of
from hireloop.api import problems
from hireloop.api.http import stored_responses
from hireloop.api.http.authentication import require_role
from hireloop.api.http.stored_responses import ClaimResult, KeyedRequest
from hireloop.web.buffered_responses import BufferedResponse, header_of, hold_back
from hireloop.web.context import AnyRequest, context_of

LONGEST_WAIT_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 0.4
_LONGEST_KEY = 255
_REFUSED_FROM, _FAILED_FROM, _BUSY = 400, 500, 503
# What another try with the same key may be answered otherwise: who asks, how often, and If-Match are no part of it.
_NOT_KEPT = frozenset({401, 403, 412, 429})


class Idempotency:
    """The middleware; it needs to know who asks, and so runs inside `Authentication`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a POST with an Idempotency-Key, once; leave every other request alone."""
        key = header_of(scope, b"idempotency-key")
        if scope["type"] != ScopeType.HTTP or scope["method"] != "POST" or key is None:
            await self.app(scope, receive, send)
            return
        request: AnyRequest = Request(scope, receive)
        await require_role(request, request.route_handler)  # the guards come later, and never to what is said again
        keyed = await _keyed(request, scope, key)
        try:
            answer = await self._answer(request, keyed, receive)
        except Exception as error:  # noqa: BLE001 (Litestar takes the answer that was held back for one that was sent)
            explained = problems.handle(request, error).to_asgi_response(None, request)
            await explained(scope, receive, send)
        else:
            await answer.send(send)

    async def _answer(self, request: AnyRequest, keyed: KeyedRequest, receive: Receive) -> BufferedResponse:
        """Return the answer, ours or the stored one; raises IdempotencyInProgress after 5 s of waiting.

        Between two looks no connection is held: else a few impatient clients would empty the pool. After a deadlock all
        is done again too: a transaction within ours goes back only to its own beginning, and keeps earlier locks.
        """
        until, pause = time.monotonic() + LONGEST_WAIT_SECONDS, _FIRST_PAUSE_SECONDS
        while True:
            answer = await self._once(request, keyed, receive)
            is_late = time.monotonic() >= until
            if answer is not None and (is_late or answer.status != _BUSY):
                return answer
            if is_late:
                raise errors.IdempotencyInProgress
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _once(self, request: AnyRequest, keyed: KeyedRequest, receive: Receive) -> BufferedResponse | None:
        """Return the answer, or None while the request that has the key is still worked on."""
        try:
            answer = await self._work(request, keyed, receive)
        except _NotKept as undone:
            return undone.answer
        # The handler's own may have come before the commit, when there was nothing to see.
        context_of(request).wakeups.send_soon()
        return answer

    @db.transactional(retries=0)  # `_answer` begins anew
    async def _work(self, request: AnyRequest, keyed: KeyedRequest, receive: Receive) -> BufferedResponse:
        """Let the handler work and store its answer; a refusal's work is undone. Raises `_NotKept`."""
        context = context_of(request)
        # Who has the key may only be reading the answer, as we do: busy does not mean that there is none.
        if await stored_responses.claim(keyed) != ClaimResult.FIRST:
            raise _NotKept(await stored_responses.find(keyed, context.secret))
        try:
            answer = await self._handle(request, receive)
        except _Undone as undone:
            answer = undone.answer
            if answer.status >= _FAILED_FROM or answer.status in _NOT_KEPT:
                raise _NotKept(answer) from None
        await stored_responses.keep(keyed, answer, context.settings.secrets)
        return answer

    @db.transactional(retries=0)
    async def _handle(self, request: AnyRequest, receive: Receive) -> BufferedResponse:
        """Return the handler's answer; raises `_Undone` with a refusal."""
        answer = await hold_back(self.app, request.scope, receive)
        if answer.status >= _REFUSED_FROM:
            raise _Undone(answer)
        return answer


class _Undone(Exception):
    """The handler has refused: what it wrote before goes."""

    def __init__(self, answer: BufferedResponse) -> None:
        super().__init__()
        self.answer = answer


class _NotKept(Exception):
    """Nothing of this request stays, the claim of its key neither; it is answered this, or nothing yet."""

    def __init__(self, answer: BufferedResponse | None) -> None:
        super().__init__()
        self.answer = answer


async def _keyed(request: AnyRequest, scope: HTTPScope, key: str) -> KeyedRequest:
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise errors.BadInput("Idempotency-Key", f"must have 1 to {_LONGEST_KEY} printable ASCII characters")
    kind = request.content_type[0].encode()
    return KeyedRequest(
        api_key=holder_of(request).id,
        # However the ids in it are written, it is the same path.
        path=scope["path_template"].format(**request.path_params),
        idempotency_key=key,
        request_hash=stored_responses.hash_of(scope["query_string"], kind, await request.body()),
    )
