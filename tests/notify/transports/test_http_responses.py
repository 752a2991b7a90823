"""What may come before the final response, and how much of it; on real servers in webhook/ and chat/."""

import http.client
import io
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transports.http_responses import LARGEST_HEADS, MOST_INFORMATIONAL, FinalResponse

_HEADERS = st.lists(st.sampled_from([b"Link: </a>", b"Content-Length: 9", b"Transfer-Encoding: chunked"]), max_size=3)
_INFORMATIONAL = st.tuples(st.sampled_from([100, *range(102, 200)]), _HEADERS)


class _Socket:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self._content))

    @classmethod
    def saying(cls, *parts: bytes) -> Self:
        return cls(b"".join(parts))


def read(*parts: bytes) -> tuple[int, bytes]:
    sock: Any = _Socket.saying(*parts)
    response = FinalResponse(sock, method="POST")
    response.begin()
    return response.status, response.read()


@given(st.lists(_INFORMATIONAL, max_size=MOST_INFORMATIONAL), st.integers(200, 599).filter(lambda code: code != 304))
def test_the_first_response_that_is_not_informational_is_the_one(
    before: list[tuple[int, list[bytes]]], code: int
) -> None:
    heads = [b"HTTP/1.1 %d\r\n%s\r\n" % (one, b"".join(line + b"\r\n" for line in lines)) for one, lines in before]
    found, body = read(*heads, b"HTTP/1.1 %d So\r\nContent-Length: 2\r\n\r\nyes" % code)
    assert (found, body) == (code, b"" if code == http.client.NO_CONTENT else b"ye")


def test_what_follows_a_switch_of_protocols_is_not_read() -> None:
    assert read(b"HTTP/1.1 101 So\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")[0] == http.client.SWITCHING_PROTOCOLS


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 103 So\r\n\r\n" * (MOST_INFORMATIONAL + 1) + b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 103 So\r\n" + b"A: b\r\n" * LARGEST_HEADS,
        b"HTTP/1.1 103 " + b"x" * LARGEST_HEADS,
        b"HTTP/1.1 200 OK\r\n" + (b"A: " + b"b" * 60_000 + b"\r\n") * 5 + b"\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 103 So\r\n\r\n",
        b"HTTP/1.1 103 So\r\nA: ",
        b"HTTP/1.1 099 So\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"",
    ],
)
def test_without_an_end_or_a_final_response_reading_raises(content: bytes) -> None:
    with pytest.raises(http.client.HTTPException):
        read(content)
