"""How the things of the API's tests are made, over the API itself: bookings, and requests as a server hands them on."""

from typing import Any

import httpx

from factories import post_interview, post_slot, soon


async def post_booking(
    api: httpx.AsyncClient, interview: str | None = None, slot: str | None = None, *, minutes: float = 60
) -> dict[str, Any]:
    """Book a new interview unless it is given, in so many minutes or into `slot`, and return the answer."""
    interview = interview or await post_interview(api)
    slot = slot or await post_slot(api, starts_at=soon(minutes))
    booked = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    assert booked.status_code == 201, booked.text
    body: dict[str, Any] = booked.json()
    return body


def request_scope(api: httpx.AsyncClient, path: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    """Return a POST of this client as an ASGI scope, whose body a test sends by itself."""
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"hire.example"), (b"authorization", api.headers["Authorization"].encode()), *headers],
    }
