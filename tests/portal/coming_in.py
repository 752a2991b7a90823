"""How a candidate comes in over HTTP, and what a browser says of a press on the portal's own page."""

import httpx

from portal.factories import BookingResult

PRESSED = {"Sec-Fetch-Site": "same-origin"}


async def come_in(client: httpx.AsyncClient, booked: BookingResult) -> None:
    """Open the link, and have its cookie."""
    assert (await client.get("/", params={"session_key": booked.key})).status_code == 303
