"""How a candidate comes in, from the mail or over HTTP, and what a browser says of a press on the portal's own page."""

import re
from email.message import EmailMessage

import httpx

from portal.factories import BookingResult
from processes import Server
from servers.websocket import WebSocket

PRESSED = {"Sec-Fetch-Site": "same-origin"}


def link_in(mail: EmailMessage) -> str:
    """Return the link of an invitation."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+session_key=\S+", body.get_content())
    assert found is not None
    return found[0]


async def come_in(client: httpx.AsyncClient, booked: BookingResult) -> None:
    """Open the link, and have its cookie."""
    assert (await client.get("/", params={"session_key": booked.key})).status_code == 303


def cookie_of(server: Server, booked: BookingResult) -> str:
    """Open the link at a real server, and return its cookie as a browser sends it."""
    answer = httpx.get(f"{server.url}/", params={"session_key": booked.key})
    assert answer.status_code == 303
    return answer.headers["set-cookie"].partition(";")[0]


def opened(server: Server, booked: BookingResult, client: str = "", **headers: str) -> WebSocket:
    """Open the socket of the session's page, with what a browser sends along; an empty header is left out."""
    own = {"Origin": server.url, "Cookie": cookie_of(server, booked), **headers}
    given = {name: value for name, value in own.items() if value}
    return WebSocket(f"{server.url}{booked.path}live?client={client}", given)
