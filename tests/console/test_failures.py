"""What failed, by reason, and for admins: sending it again."""

import re

import httpx
import pytest

from console.factories import booked, in_days, tried
from console.signing import press, sign_in
from factories import OUTBOX, TESTS, WINDOWS, make_slot, rows, soon
from hireloop.access.tables import Role
from hireloop.scheduling.bookings import moves

PATH = "/console/failures/"


async def test_failures_are_listed_by_reason_and_in_pages(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.failures._A_PAGE", 2)
    for number in range(3):
        await tried(await booked(f"Number {number}", starts_at=in_days(number + 1)), "rejected")
    await tried(await booked("Full", starts_at=in_days(9)), "bounced", reason="mailbox_full", reply="452 full")
    await sign_in(client, Role.VIEWER)
    newest = (await client.get(PATH)).text
    assert "The recipient&#39;s address does not exist. (3)" in newest
    assert "The recipient&#39;s mailbox is full. (1)" in newest
    assert "452 full" in newest
    first = (await client.get(PATH, params={"reason": "recipient_unknown"})).text
    (more,) = re.findall(r'href="(/console/failures/\?[^"]*after=[^"]*)"', first)
    second = (await client.get(more.replace("&amp;", "&"))).text
    assert [page.count("Rejected by the recipient&#39;s server") for page in (first, second)] == [2, 1]
    assert "452 full" not in first + second
    assert "Nothing has failed for this reason." in (await client.get(PATH, params={"reason": "no_such"})).text
    for odd in ("a\x00b", "x" * 500):
        assert (await client.get(PATH, params={"reason": odd})).status_code == 200


async def test_code_in_the_sentence_of_a_reason_is_shown_as_code(client: httpx.AsyncClient) -> None:
    booking = await booked()
    await tried(booking, "rejected", reason="address_refused")
    await sign_in(client, Role.VIEWER)
    for path in (booking.path, f"{PATH}?reason=address_refused"):
        assert "a reply such as <code>channel_not_found</code>)" in (await client.get(path)).text


async def test_an_admin_sends_one_again_in_the_same_trace(client: httpx.AsyncClient) -> None:
    booking = await booked()
    delivery = await tried(booking, "rejected")
    await sign_in(client, Role.ADMIN)
    answer = await press(client, booking.path, f"/console/deliveries/{delivery}/replay/")
    assert answer.headers["location"] == f"{booking.path}?done=replayed"
    (row,) = await rows("delivery")
    assert (row["id"], row["state"], row["revision"]) == (delivery, "pending", 1)
    (entry,) = [entry for entry in await rows("audit_entry") if entry["action"] == "delivery.replayed"]
    assert (entry["actor"], entry["subject"]) == ("Rita", delivery)
    again = await press(client, booking.path, f"/console/deliveries/{delivery}/replay/")
    assert again.headers["location"] == f"{booking.path}?done=not-replayed"


async def test_what_must_not_be_sent_again_is_refused_in_its_own_words(client: httpx.AsyncClient) -> None:
    booking = await booked()
    delivery = await tried(booking, "rejected")
    await moves.move(
        booking.id, await make_slot(starts_at=soon(3000)), by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS
    )
    await sign_in(client, Role.ADMIN)
    answer = await press(client, booking.path, f"/console/deliveries/{delivery}/replay/")
    assert answer.status_code == 409
    assert "The booking has since changed, or another message says the same" in answer.text


async def test_a_cause_is_counted_before_it_is_sent_again(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await tried(await booked(f"Number {number}", starts_at=in_days(number + 1)), "rejected")
    moved = await booked("Moved")
    await tried(moved, "rejected")
    await moves.move(
        moved.id, await make_slot(starts_at=soon(9000)), by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS
    )
    await tried(await booked("Full", starts_at=in_days(9)), "bounced", reason="mailbox_full")
    await sign_in(client, Role.ADMIN)
    ask = "/console/replay/?reason=recipient_unknown"
    counted = (await client.get(ask)).text
    assert "<strong>3</strong> deliveries from the last 30 days would be sent again" in counted
    assert "1: The booking has since changed, or another message says the same" in counted
    assert sum(row["state"] == "pending" for row in await rows("delivery")) == 1
    answer = await press(client, ask, "/console/replay/")
    assert answer.headers["location"] == f"{PATH}?done=replayed-all&n=3"
    assert "Deliveries that will be sent again now: 3." in (await client.get(answer.headers["location"])).text
    assert sum(row["state"] == "pending" for row in await rows("delivery")) == 4
    assert "<strong>0</strong> deliveries" in (await client.get(ask)).text


async def test_a_page_counts_only_so_many_and_says_so(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.failures._COUNTED", 2)
    monkeypatch.setattr("hireloop.notify.deliveries.replay.AT_ONCE", 1)
    for number in range(3):
        await tried(await booked(f"Number {number}", starts_at=in_days(number + 1)), "rejected")
    await sign_in(client, Role.ADMIN)
    ask = "/console/replay/?reason=recipient_unknown"
    counted = (await client.get(ask)).text
    assert "There may be more: only the oldest 2 were counted" in counted
    assert "Send up to 1000 again" in counted
    answer = await press(client, ask, "/console/replay/")
    assert answer.headers["location"] == f"{PATH}?done=replayed-all&n=3"


async def test_a_replay_without_a_cause_is_none(client: httpx.AsyncClient) -> None:
    await tried(await booked(), "rejected")
    await sign_in(client, Role.ADMIN)
    assert (await client.get("/console/replay/")).headers["location"] == PATH
    answer = await press(client, PATH, "/console/replay/", reason="")
    assert answer.headers["location"] == PATH
    assert [row["state"] for row in await rows("delivery")] == ["rejected"]


async def test_a_count_in_an_address_is_a_number_or_nothing(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.ADMIN)
    for number in ("", "x", "9" * 400, "0" * 9 + "1" * 4000, "-1", "1e3", "²", "<b>"):
        page = (await client.get(PATH, params={"done": "replayed-all", "n": number})).text
        assert "will be sent again now" not in page
        assert "<b>" not in page
