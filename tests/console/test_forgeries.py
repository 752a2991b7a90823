"""What nobody's browser sends: bad headers, forms of other kinds, words that are not ours. A page each, and no 500."""

import httpx
import pytest

from console.factories import BookingResult, booked, key_of
from console.signing import SIGN_IN, sign_in, token_on
from factories import rows
from hireloop.access.tables import Role

_PART = b'--x\r\nContent-Disposition: form-data; name="key"%b\r\n\r\n%b\r\n--x--\r\n'
_MULTIPART = "multipart/form-data; boundary=x"
_FORM = "application/x-www-form-urlencoded"
NO_FORMS = [
    (_MULTIPART, _PART % (b"\r\nContent-Type: text/plain; charset=bogus", b"abc"), 403),
    (_MULTIPART, _PART % (b"", b"\xff\xfe"), 403),
    (_MULTIPART, _PART % (b'; filename="a"', b"abc"), 403),
    (_MULTIPART, b"junk", 403),
    ("multipart/form-data", b"junk", 403),
    ("text/plain", b"token=x", 403),
    ("application/json", b"{", 403),
    ("", b"", 403),
    (_FORM, b"reason=%FF%FE", 400),
    (_FORM, b"\xff=\xff", 400),
    (_FORM, b"reason=%ED%A0%80", 400),
    (_FORM, b"&".join(b"a%d=" % number for number in range(30)), 400),
    (_FORM, b"reason=" + b"a" * 70_000, 413),
    (f"{_FORM}; charset=bogus", b"reason=a", 403),
]


@pytest.fixture
async def booking(client: httpx.AsyncClient) -> BookingResult:
    await sign_in(client, Role.ADMIN)
    return await booked()


async def test_a_form_of_another_kind_is_none(client: httpx.AsyncClient, booking: BookingResult) -> None:
    for path in (f"{booking.path}cancel/", f"{booking.path}reissue/", "/console/replay/", SIGN_IN):
        for kind, body, status in NO_FORMS:
            answer = await client.post(path, content=body, headers={"Content-Type": kind})
            assert answer.status_code == status, (path, kind, body[:80])
            assert "<h1>" in answer.text
    (row,) = await rows("schedule")
    assert (row["state"], row["revision"]) == ("pending", 1)


async def test_of_two_fields_of_one_name_the_first_counts(client: httpx.AsyncClient, booking: BookingResult) -> None:
    token = await token_on(client)
    answer = await client.post(f"{booking.path}cancel/", data={"token": ["x", token], "revision": "1"})
    assert answer.status_code == 403
    answer = await client.post(f"{booking.path}cancel/", data={"token": [token, "x"], "revision": ["1", "2"]})
    assert answer.headers["location"].endswith("?done=cancelled")


async def test_an_origin_or_a_referer_that_is_no_address_is_not_ours(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    token = await token_on(client)
    del client.headers["Sec-Fetch-Site"]
    for origin in ("http://[", "//[", "[", "https://hire.example:x", "http://hire.example", "https://"):
        for path in (f"{booking.path}confirm/", SIGN_IN):
            answer = await client.post(path, data={"token": token, "revision": "1"}, headers={"Origin": origin})
            assert answer.status_code == 403, origin
    client.cookies.clear()
    for referer in ("http://[", "//[/", "https://hire.example:x/", "\x7f"):
        answer = await client.post(f"{booking.path}confirm/", headers={"Referer": referer})
        assert answer.headers["location"] == f"{SIGN_IN}?done=ended"
    (row,) = await rows("schedule")
    assert row["state"] == "pending"


async def test_a_host_that_is_none_is_refused_at_every_door(client: httpx.AsyncClient) -> None:
    for host in ("hire.example:99999999", "[", ""):
        for path in ("/console/nowhere/", "/nowhere/", "/api/nowhere/", "/console/"):
            answer = await client.get(path, headers={"Host": host})
            assert answer.status_code == 400
            assert "`Host` header" in answer.text


async def test_only_our_own_pages_say_that_something_was_done(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    told = f"{booking.path}?done=cancelled"
    assert "The interview was cancelled." in (await client.get(told)).text
    for site in ("cross-site", "same-site", "none"):
        for path in (told, f"{SIGN_IN}?done=signed-out"):
            assert 'role="status"' not in (await client.get(path, headers={"Sec-Fetch-Site": site})).text
    client.cookies.clear()
    asked = await client.get(told)
    answer = await client.post(SIGN_IN, data={"key": await key_of(Role.VIEWER), "next": told})
    assert (asked.headers["location"].count("done"), answer.headers["location"]) == (0, booking.path)


async def test_a_query_that_is_none_of_ours_changes_no_status(
    client: httpx.AsyncClient, booking: BookingResult
) -> None:
    for value in ("%00", "%ED%A0%80", "%FF", "x" * 300, "%0d%0aX:%20y", "2026-02-30", str(booking.slot_id)):
        for path in ("/console/?after=", "/console/attention/?after=", "/console/failures/?after="):
            assert (await client.get(path + value)).status_code == 200
        for path in ("/console/?day=", f"{booking.path}move/?day="):
            assert (await client.get(path + value)).status_code == 400
        for path in ("/console/bookings/", "/console/", "/console/static/"):
            assert (await client.get(f"{path}{value}/")).status_code == 404
        assert "x: y" not in str((await client.get(f"{SIGN_IN}?next={value}")).headers).lower()
