"""How tests send the forms with which something is planned, and read what comes back."""

import html
import re
from typing import Any

import httpx

from console.signing import press


async def sent(client: httpx.AsyncClient, page: str, **fields: Any) -> httpx.Response:  # noqa: ANN401 (form fields)
    """Read a page and send its form to where the page is."""
    return await press(client, page, page.partition("?")[0], **fields)


def faults_on(answer: httpx.Response) -> dict[str, str]:
    """Return what a page says is wrong, by the names of the fields at which it says so."""
    found = re.findall(r'id="(\w+)-fault"><span[^>]*>!</span> (.*?)</p>', answer.text)
    return {name: html.unescape(re.sub(r"</?code>", "`", words)) for name, words in found}


async def said_on(client: httpx.AsyncClient, answer: httpx.Response) -> str:
    """Follow the redirect after a press, and return what the page says was done."""
    assert answer.status_code == 303, answer.text
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    (said,) = re.findall(r'role="status"><span[^>]*>✓</span> ([^<]*)</p>', page.text)
    return html.unescape(str(said))
