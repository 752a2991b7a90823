"""A press counts where the browser says that it came from our page, or where its form has our token."""

import httpx
import pytest
from litestar import Litestar, Request, post
from litestar.datastructures import State

from hireloop.web.csrf import form_token, has_token, is_from_our_page

KEY = "what the cookie holds"
OURS = {"token": form_token(KEY)}


async def is_ours(headers: dict[str, str], fields: dict[str, str], base_url: str = "https://hire.example") -> bool:
    @post("/", status_code=200)
    async def press(request: Request[object, object, State]) -> bool:
        return await is_from_our_page(request, KEY, base_url=base_url)

    app = Litestar([press], openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(transport=transport, base_url="http://other.example:8000") as client:
        answer = await client.post("/", headers=headers, data=fields)
    said: bool = answer.json()
    return said


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},  # a page writes neither of them
        {"Origin": "https://hire.example"},
        {"Origin": "https://other.example:8000"},  # another name of ours, behind a proxy
    ],
)
async def test_the_browsers_word_is_enough(headers: dict[str, str]) -> None:
    assert await is_ours(headers, {})


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://hire.example"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "http://hire.example"},
        {"Origin": "http://other.example:8000"},  # anybody on the wire could have written such a page
        {"Origin": ""},
    ],
)
async def test_against_the_browsers_word_no_token_helps(headers: dict[str, str]) -> None:
    assert not await is_ours(headers, OURS)


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}])
async def test_where_the_browser_says_nothing_the_token_decides(headers: dict[str, str]) -> None:
    assert await is_ours(headers, OURS)
    for fields in ({}, {"token": ""}, {"token": form_token("another")}, {"token": KEY}):
        assert not await is_ours(headers, fields)


async def test_an_installation_on_plain_http_has_pages_there() -> None:
    assert await is_ours({"Origin": "http://other.example:8000"}, {}, base_url="http://hire.example")
    assert await is_ours({"Origin": "http://hire.example"}, {}, base_url="http://hire.example")


def test_a_token_is_of_one_cookie_and_does_not_hold_it() -> None:
    assert has_token(OURS, KEY)
    assert not has_token(OURS, f"{KEY} ")
    assert not has_token({}, KEY)
    assert KEY not in form_token(KEY)
