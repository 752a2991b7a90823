"""CSRF: whether a request came from our own page. The browser says so; if it cannot, a token in the form does."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from hireloop import signing
from hireloop.signing import Purpose
from hireloop.web.context import AnyRequest
from hireloop.web.forms import fields_of


async def is_from_our_page(request: AnyRequest, key: str, *, base_url: str) -> bool:
    """Return whether a POST was pressed on our own page; `key` is what the request's cookie holds.

    The browser says so in Sec-Fetch-Site. It says it only on https and localhost; elsewhere Origin decides,
    and if our `Referrer-Policy` has made that `null`, the token that our form carried.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    if origin != "null":
        return origin in _origins_at(request.headers.get("host", ""), base_url)
    return has_token(await fields_of(request), key)


def is_our_socket(connection: ASGIConnection[Any, Any, Any, Any], *, base_url: str) -> bool:
    """Return whether a WebSocket was opened by our own page: browsers let any page open one, and name it in Origin."""
    origin = connection.headers.get("origin")
    return origin is not None and origin in _origins_at(connection.headers.get("host", ""), base_url)


def form_token(key: str) -> str:
    """Return the token of our forms: only a holder of the cookie's key can make it, and it does not reveal the key."""
    return signing.base64url(signing.derive(key, Purpose.FORM_TOKEN))


def has_token(fields: Mapping[str, str], key: str) -> bool:
    """Return whether a form carries the token of the cookie that came along with it."""
    return signing.is_one_of(fields.get("token", ""), [form_token(key)])


def _origins_at(host: str, base_url: str) -> set[str]:
    """Return our own origins: BASE_URL's, and those of the host that was asked, which may be another name of ours.

    Never one of plain http if BASE_URL is https: anyone on the network path could write such a page.
    """
    base = urlsplit(base_url)
    plain = set() if base.scheme == "https" else {f"http://{host}"}
    return {f"{base.scheme}://{base.netloc}", f"https://{host}", *plain}
