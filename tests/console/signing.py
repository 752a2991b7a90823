"""How tests sign in to the console, and press what is on its pages."""

import re
from typing import Any

import httpx

from console.factories import key_of
from hireloop.access.tables import Role

SIGN_IN = "/console/sign-in/"
COOKIE = "__Host-hireloop-console"


async def sign_in(client: httpx.AsyncClient, role: Role, name: str = "Rita") -> str:
    """Sign the client in and return the key."""
    key = await key_of(role, name)
    answer = await client.post(SIGN_IN, data={"key": key})
    assert answer.status_code == 303, answer.text
    return key


async def token_on(client: httpx.AsyncClient, path: str = "/console/") -> str:
    """Return the token of the forms on a page."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return fields_of(answer.text)["token"]


def fields_of(html: str) -> dict[str, str]:
    """Return the hidden fields of a page, by name: the last of each name."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


async def press(client: httpx.AsyncClient, page: str, action: str, **fields: Any) -> httpx.Response:  # noqa: ANN401 (form fields)
    """Read a page and send one of its forms, with the hidden fields that it holds."""
    read = await client.get(page)
    assert read.status_code == 200, read.text
    return await client.post(action, data={**fields_of(read.text), **fields})
