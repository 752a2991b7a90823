"""How long a client may take to send a body, and to take a response: slower ones are cut off.

The server itself cuts off a head that does not arrive, and a connection that is idle. Nothing in it limits the time of
a body, or of a response that is not read: each would keep its connection, and what it holds in memory, for good.
"""

import asyncio
from typing import cast

import msgspec
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPResponseBodyEvent, Message, Receive, Scope, Send

TOO_SLOW = "The body did not arrive in time. Send the request again, over a faster connection."
_CLOSE = (b"connection", b"close")


class Patience(msgspec.Struct, frozen=True):
    """How long a client has: for the first bytes of a body, for each further byte, at most, and to take a response."""

    first_seconds: float = 10
    bytes_per_second: float = 500
    most_seconds: float = 30
    seconds_between_ends: float = 0.005  # of late bodies
    seconds_for_a_piece: float = 30  # of a response
    piece: int = 65_536  # bytes

    def seconds(self, received: int) -> float:
        """Return how long after its beginning a body has to be whole, by the bytes that have arrived."""
        return min(self.first_seconds + received / self.bytes_per_second, self.most_seconds)


class Deadlines:
    """The outermost layer of the application. The time of a body begins when a handler first waits for it."""

    def __init__(self, app: ASGIApp, patience: Patience | None = None) -> None:
        self.app = app
        self._patience = patience or Patience()
        self._ends = _Ends(self._patience.seconds_between_ends)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request be handled; raises HTTPException (408) where a handler waits for a body that is late."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(self._patience, self._ends, receive, send)
        await self.app(scope, cast("Receive", exchange.receive), exchange.send)


class _Ends:
    """Late bodies end one after the other: thousands that began together would hold everybody else up, all at once."""

    def __init__(self, seconds_between: float) -> None:
        self._seconds_between = seconds_between
        self._next = 0.0  # by the loop's clock

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._seconds_between
        await asyncio.sleep(mine - now)


class _Exchange:
    """One request and its response."""

    def __init__(self, patience: Patience, ends: _Ends, receive: Receive, send: Send) -> None:
        self._patience, self._ends = patience, ends
        self._receive, self._send = receive, send
        self._began: float | None = None  # by the loop's clock
        self._received = 0  # bytes
        self._is_whole = self._is_late = self._is_streamed = self._is_cut = False

    async def receive(self) -> HTTPReceiveMessage:
        """Return the next piece of the body; past the last one, wait for the end of the connection as long as it has.

        Raises HTTPException (408) past the deadline.
        """
        if self._is_whole:
            return cast("HTTPReceiveMessage", await self._receive())
        if self._began is None:
            self._began = asyncio.get_running_loop().time()
        if self._is_late:
            raise HTTPException(TOO_SLOW, status_code=408)
        try:
            async with asyncio.timeout_at(self._began + self._patience.seconds(self._received)):
                message = cast("HTTPReceiveMessage", await self._receive())
        except TimeoutError:
            self._is_late = True
            await self._ends.turn()
            raise HTTPException(TOO_SLOW, status_code=408) from None
        if message["type"] == "http.request":
            self._received += len(message["body"])
            self._is_whole = not message.get("more_body", False)
        else:
            self._is_whole = True
        return message

    async def send(self, message: Message) -> None:
        """Send a short body as it is, since the server takes it at once, and a long one in pieces with deadlines."""
        if self._is_cut:
            return
        if message["type"] == "http.response.start" and self._is_late:
            await self._send({**message, "headers": [*message["headers"], _CLOSE]})
        elif message["type"] == "http.response.body" and self._is_long(message):
            await self._send_in_pieces(message)
        else:
            await self._send(message)

    def _is_long(self, message: HTTPResponseBodyEvent) -> bool:
        more = message.get("more_body", False)
        self._is_streamed = self._is_streamed or more or len(message["body"]) > self._patience.piece
        return self._is_streamed

    async def _send_in_pieces(self, message: HTTPResponseBodyEvent) -> None:
        body, size = memoryview(message["body"]), self._patience.piece
        pieces = [bytes(body[start : start + size]) for start in range(0, len(body), size)]
        if not message.get("more_body", False):
            pieces.append(b"")  # is taken once the last one has been
        try:
            for number, piece in enumerate(pieces, start=1):
                more = number < len(pieces) or message.get("more_body", False)
                async with asyncio.timeout(self._patience.seconds_for_a_piece):
                    await self._send({"type": "http.response.body", "body": piece, "more_body": more})
        except TimeoutError:
            # The head is sent, so nothing can be said any more: the server closes a connection whose response is short.
            self._is_cut = True
