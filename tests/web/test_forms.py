"""A form's fields: of our own kind of form only, each once, as UTF-8."""

from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, _parsers, post

from hireloop.web.forms import fields_of

FORM = "application/x-www-form-urlencoded"
_PART = b'--x\r\nContent-Disposition: form-data; name="a"%b\r\n\r\n%b\r\n--x--\r\n'


@pytest.fixture
def client() -> httpx.AsyncClient:
    @post("/", status_code=200)
    async def read(request: Request[Any, Any, Any]) -> dict[str, str]:
        return await fields_of(request)

    app = Litestar([read], openapi_config=None, logging_config=None)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] # httpx knows ASGI by looser types
    return httpx.AsyncClient(transport=transport, base_url="https://hire.example")


@pytest.mark.parametrize(
    ("kind", "body", "fields"),
    [
        (FORM, b"a=1&b=", {"a": "1", "b": ""}),
        (f"{FORM}; charset=bogus", b"a=%E2%82%AC+x", {"a": "€ x"}),
        (FORM.upper(), "a=é".encode(), {"a": "é"}),
        (FORM, b"a=1&a=2", {"a": "1"}),
        (FORM, b"a=%00", {"a": "\0"}),
        (FORM, b"", {}),
        (FORM, b"a", {"a": ""}),
        ("multipart/form-data; boundary=x", _PART % (b"\r\nContent-Type: text/plain; charset=bogus", b"1"), {}),
        ("multipart/form-data; boundary=x", _PART % (b'; filename="a"', b"1"), {}),
        ("multipart/form-data", b"junk", {}),
        ("application/json", b"{", {}),
        ("text/plain", b"a=1", {}),
        ("", b"a=1", {}),
    ],
)
async def test_only_a_form_of_our_kind_has_fields(
    client: httpx.AsyncClient, kind: str, body: bytes, fields: dict[str, str]
) -> None:
    answer = await client.post("/", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, fields)


@pytest.mark.parametrize("body", [b"a=\xff", b"a=%FF", b"a=%ED%A0%80", b"&".join(b"a%d=" % n for n in range(25))])
async def test_a_form_that_none_of_our_pages_sends_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    assert (await client.post("/", content=body, headers={"Content-Type": FORM})).status_code == 400


async def test_litestars_memory_of_forms_is_not_filled(client: httpx.AsyncClient) -> None:
    """It would keep an API key, typed in at the console's sign-in, for as long as a thousand forms take."""
    before = _parsers.parse_url_encoded_form_data.cache_info().currsize
    assert (await client.post("/", content=b"key=hl_secret", headers={"Content-Type": FORM})).status_code == 200
    assert _parsers.parse_url_encoded_form_data.cache_info().currsize == before
