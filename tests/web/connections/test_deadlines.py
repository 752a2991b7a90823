"""A response that is not taken is cut; late bodies end in turn. What doors say is in `doors/test_slow_bodies.py`."""

import asyncio
from typing import Any

import pytest
from litestar.exceptions import HTTPException
from litestar.testing import RequestFactory

from hireloop.web.connections.deadlines import Deadlines, Patience

PATIENCE = Patience(seconds_for_a_piece=0.2, piece=1000)
HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3500")]}


class Client:
    """The server's side of a client that takes so many pieces and then no more."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.taken: list[Any] = []

    async def send(self, message: Any) -> None:  # noqa: ANN401 (ASGI's)
        if len(self.taken) == self.takes:
            await asyncio.Event().wait()
        self.taken.append(message)


async def respond(client: Client, *bodies: bytes) -> None:
    """Let an application respond to the client with these bodies, one message each."""

    async def application(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI's)
        await send(HEAD)
        for number, body in enumerate(bodies, start=1):
            await send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})

    layer = Deadlines(application, PATIENCE)
    await layer(RequestFactory().get("/").scope, None, client.send)  # type: ignore[arg-type] # nothing is received


async def test_a_long_response_goes_in_pieces_and_is_the_same() -> None:
    client, body = Client(takes=100), bytes(range(250)) * 14
    await respond(client, body)
    assert b"".join(message["body"] for message in client.taken[1:]) == body
    assert [len(message["body"]) for message in client.taken[1:]] == [1000, 1000, 1000, 500, 0]
    assert [message["more_body"] for message in client.taken[1:]] == [True, True, True, True, False]


async def test_a_short_one_goes_at_once_as_it_is() -> None:
    client = Client(takes=100)
    await respond(client, b"a" * 1000)
    assert client.taken == [HEAD, {"type": "http.response.body", "body": b"a" * 1000, "more_body": False}]


async def test_pieces_of_a_longer_response_stay_in_order() -> None:
    client = Client(takes=100)
    await respond(client, b"a" * 1500, b"b", b"c" * 1500)
    assert b"".join(message["body"] for message in client.taken[1:]) == b"a" * 1500 + b"b" + b"c" * 1500
    assert [message["more_body"] for message in client.taken[1:]].count(False) == 1


async def test_a_client_that_takes_no_more_is_cut_off_and_the_application_goes_on() -> None:
    for takes in (1, 3, 5):  # the last of them only lacks the end, so that the last piece is still waited for
        client = Client(takes)
        await respond(client, b"a" * 3500, b"b")
        assert len(client.taken) == takes
        assert not any(message.get("more_body") is False for message in client.taken)


async def test_bodies_that_are_late_together_end_one_after_the_other() -> None:
    ends: list[float] = []

    async def application(_scope: Any, receive: Any, _send: Any) -> None:  # noqa: ANN401 (ASGI's)
        with pytest.raises(HTTPException) as late:
            await receive()
        assert late.value.status_code == 408
        ends.append(asyncio.get_running_loop().time())

    async def receive_nothing() -> None:
        await asyncio.Event().wait()

    layer = Deadlines(application, Patience(first_seconds=0.01, seconds_between_ends=0.02))
    scope = RequestFactory().get("/").scope
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(layer(scope, receive_nothing, receive_nothing) for _ in range(20)))  # type: ignore[arg-type] # neither is used
    assert len(ends) == 20
    assert [end - began >= 0.01 + n * 0.02 - 0.001 for n, end in enumerate(ends)] == [True] * 20
