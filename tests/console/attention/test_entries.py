"""What needs attention: the worst first, each booking once, and what can be done about it at hand."""

import html
import re

import httpx
import pytest

from console.factories import booked, every_kind, failed_check, in_days, over, tried
from console.signing import sign_in
from factories import TESTS, WINDOWS, make_slot, outbox_of, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.bookings import moves
from hireloop.scheduling.privacy import erasure
from hireloop.settings import Settings
from sample_channels import EMAIL

PAGE = "/console/attention/"


def names_on(page: httpx.Response) -> list[str]:
    return re.findall(r"<h\d><a href=[^>]*><bdi>([^<]*)</bdi></a>", page.text.partition("<main")[2])


ORDER = ["Bounced", "Asking", "Missed", "Interviewed", "Unheard", "Risky", "Devices", "Unseen"]


async def test_what_needs_attention_is_listed_the_worst_first_with_its_label(client: httpx.AsyncClient) -> None:
    await every_kind()
    await sign_in(client, Role.VIEWER)
    page = await client.get(PAGE)
    assert names_on(page) == ORDER
    entries = page.text.split('class="entry failure"')[1:]
    labels = [
        "Candidate not reached",
        "Asked for another time",
        "No-show",
        "Interviewer not reached",
        "The alert has not reached anyone yet",
        "At risk",
        "Device check failed",
        "Invitation possibly not seen",
    ]
    for entry, label in zip(entries, labels, strict=True):
        assert f"</span> {label}" in html.unescape(entry)
    assert "Rejected by the recipient's server" not in html.unescape(page.text)
    assert names_on(await client.get("/console/"))[:5] == ORDER[:5]


async def test_the_list_goes_on_where_it_ended_whatever_kind_that_was(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await every_kind()
    await over("Missed before", hours=30)
    expected = [*ORDER[:3], "Missed before", *ORDER[3:]]
    await sign_in(client, Role.VIEWER)
    for size in (1, 2, 3, 4, 9):
        monkeypatch.setattr("hireloop.console.attention.entries._A_PAGE", size)
        found, path = [], PAGE
        while path:
            page = await client.get(path)
            found += names_on(page)
            more = re.findall(r'href="(/console/attention/\?after=[^"]*)"', page.text)
            path = html.unescape(more[0]) if more else ""
        assert found == expected, size


async def test_a_booking_is_listed_once_for_the_worst_and_names_the_rest(client: httpx.AsyncClient) -> None:
    made = await over("Asha")
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'mailbox_full' WHERE schedule = $1", made.id)
    await sign_in(client, Role.VIEWER)
    page = await client.get(PAGE)
    assert names_on(page) == ["Asha"]
    assert "Candidate not reached" in page.text
    assert "No-show" in page.text


async def test_a_move_ends_what_was_about_the_former_time(client: httpx.AsyncClient) -> None:
    ours = [await over("Missed"), await over("Asking", asked=True), await failed_check("Devices")]
    await sign_in(client, Role.RECRUITER)
    page = await client.get(PAGE)
    moves_offered = re.findall(r'href="(/console/bookings/[^"]*/move/)"', page.text)
    assert moves_offered == [f"{ours[1].path}move/", f"{ours[0].path}move/"]
    for number, made in enumerate(ours):
        slot = await make_slot(starts_at=soon(5_000 + 100 * number))
        await moves.move(made.id, slot, by=TESTS, reason="", outbox=outbox_of(EMAIL), windows=WINDOWS)
    assert names_on(await client.get(PAGE)) == []


async def test_what_is_old_or_about_an_erased_person_needs_nobody(client: httpx.AsyncClient) -> None:
    await over("Week ago", hours=24 * 7 + 1)
    await over("Month ago", hours=24 * 30 + 1, asked=True)
    await over("Erased")
    candidate = await db.fetch_value("SELECT id FROM candidate WHERE full_name = 'Erased'")
    await erasure.erase(candidate, by=TESTS, outbox=outbox_of(EMAIL))
    await sign_in(client, Role.VIEWER)
    assert names_on(await client.get(PAGE)) == []


async def test_a_viewer_is_offered_no_move(client: httpx.AsyncClient) -> None:
    await over("Missed")
    await sign_in(client, Role.VIEWER)
    assert "/move/" not in (await client.get(PAGE)).text


@pytest.mark.parametrize(
    "after",
    [
        "nonsense",
        "no_show~nonsense~nonsense",
        "no_show~2026-12-01T10:00:00Z",
        "cancelled~2026-12-01T10:00:00Z~01990000-0000-7000-8000-000000000001",
        "~~",
    ],
)
async def test_what_is_no_place_in_the_list_is_its_beginning(client: httpx.AsyncClient, after: str) -> None:
    await over("Missed")
    await sign_in(client, Role.VIEWER)
    assert names_on(await client.get(PAGE, params={"after": after})) == ["Missed"]


async def test_a_day_says_what_has_happened_last_to_each_of_its_bookings(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    start = in_days(3)
    done = await booked("Done", starts_at=start)
    await tried(done, "sent", reason=None)
    await db.fetch("UPDATE session SET entered_at = now(), left_at = now() WHERE id = $1", done.session_id)
    inside = await booked("Inside", starts_at=start)
    await db.fetch("UPDATE session SET entered_at = now() WHERE id = $1", inside.session_id)
    await sign_in(client, Role.VIEWER)
    page = html.unescape(
        (await client.get("/console/", params={"day": str(start.astimezone(settings.zone).date())})).text
    )
    for words in ("Interview finished", "Interview started"):
        assert words in page
    assert "Not confirmed" not in page
