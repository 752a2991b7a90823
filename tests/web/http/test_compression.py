"""Which pages are sent compressed, and that a browser reads in them what a page without compression says."""

import gzip
from typing import Any

import httpx
import pytest
from litestar import Litestar, MediaType, Response, get
from litestar.response import Stream

from hireloop.web.http.compression import CompressedPages, takes_gzip
from hireloop.web.http.methods import Methods

LONG = "<p>Your interview</p>" * 200


@get("/")
async def page() -> Response[str]:
    """Send a long page."""
    return Response(LONG, media_type=MediaType.HTML, headers={"Vary": "Accept-Language"})


@get("/short")
async def short() -> Response[str]:
    """Send a page that fits into one packet."""
    return Response("<p>Hello</p>", media_type=MediaType.HTML)


@get("/data")
async def data() -> Response[str]:
    """Send what is no page."""
    return Response(LONG, media_type=MediaType.TEXT)


@get("/packed")
async def packed() -> Response[bytes]:
    """Send a page that is compressed already."""
    return Response(gzip.compress(LONG.encode()), media_type=MediaType.HTML, headers={"Content-Encoding": "gzip"})


@get("/parts")
async def parts() -> Stream:
    """Send a page in parts."""
    return Stream(iter([LONG, LONG]), media_type=MediaType.HTML)


async def ask(path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    app: Any = Methods(CompressedPages(Litestar([page, short, data, packed, parts], openapi_config=None)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hire.test") as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.request(method, path, headers={"Accept-Encoding": "gzip", **named})


async def test_a_page_is_compressed_and_says_what_it_depends_on() -> None:
    answer = await ask("/")
    assert answer.text == LONG
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers.get_list("vary") == ["Accept-Language, Accept-Encoding"]
    assert answer.num_bytes_downloaded == int(answer.headers["content-length"]) < len(LONG) / 10


async def test_head_says_what_get_would_send() -> None:
    got, head = await ask("/"), await ask("/", method="HEAD")
    for name in ("content-encoding", "content-length", "vary"):
        assert head.headers[name] == got.headers[name]
    assert head.content == b""


async def test_a_browser_that_does_not_accept_it_gets_the_page_as_it_is() -> None:
    answer = await ask("/", Accept_Encoding="br")
    assert answer.text == LONG
    assert "content-encoding" not in answer.headers
    assert answer.headers.get_list("vary") == ["Accept-Language, Accept-Encoding"]


@pytest.mark.parametrize("path", ["/short", "/data", "/parts"])
async def test_what_is_short_or_no_page_or_sent_in_parts_is_left_alone(path: str) -> None:
    answer = await ask(path)
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers


async def test_what_is_compressed_already_is_not_compressed_again() -> None:
    answer = await ask("/packed")
    assert answer.text == LONG
    assert answer.headers.get_list("content-encoding") == ["gzip"]


@pytest.mark.parametrize(
    ("path", "site", "is_compressed"),
    [
        ("/?q=guess", "same-origin", True),
        ("/?q=guess", "none", True),  # typed in, or a bookmark
        ("/?q=guess", "cross-site", False),
        ("/?q=guess", "same-site", False),
        ("/?q=guess", "", False),  # a browser that does not say
        ("/", "cross-site", True),  # a link in a mail, which chooses nothing of the page
    ],
)
async def test_a_page_that_repeats_what_another_site_chose_is_not_compressed(
    path: str, site: str, *, is_compressed: bool
) -> None:
    answer = await ask(path, **({"Sec_Fetch_Site": site} if site else {}))
    assert answer.text == LONG
    assert ("content-encoding" in answer.headers) is is_compressed


@pytest.mark.parametrize(
    ("accept_encoding", "taken"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.2", True),
        ("gzip ; q=0.5", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=nonsense", False),
        ("gzip;level=9", False),
        ("gzipped", False),
    ],
)
def test_gzip_is_for_clients_that_say_so(accept_encoding: str, *, taken: bool) -> None:
    assert takes_gzip(accept_encoding) is taken
