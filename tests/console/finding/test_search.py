"""The search page: what is found, filtered and paged, and what it says of a field that cannot be used."""

import re
from datetime import timedelta

import httpx
import pytest

from console.factories import BookingResult, booked, entered, every_kind, in_days, over
from console.signing import sign_in
from factories import OUTBOX, TESTS, rows
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.bookings.lists.search import ListedState
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import links
from hireloop.web.bookings.headline import LABELS, HeadlineCode

SEARCH = "/console/search/"
HEADLINE = re.compile(r'class="sign"[^>]*>[^<]*</span> ([^<]*)</span> <span class="quiet">')  # with its time
CODE = HeadlineCode
# The headlines of what is still to come: these say neither whether it is confirmed, nor that it is over.
AHEAD = {CODE.CANDIDATE_NOT_REACHED, CODE.INTERVIEWER_NOT_REACHED, CODE.AT_RISK, CODE.DEVICES_FAILED}
AHEAD |= {CODE.MAYBE_UNSEEN, CODE.LINK_REVOKED, CODE.DEVICES_READY}
HEADLINES = {
    ListedState.PENDING: AHEAD | {CODE.TIME_CHOSEN, CODE.INVITED, CODE.INVITING, CODE.BOOKED},
    ListedState.CONFIRMED: AHEAD | {CODE.CONFIRMED},
    ListedState.IN_PROGRESS: {CODE.STARTED},
    ListedState.COMPLETED: {CODE.FINISHED},
    ListedState.NO_SHOW: {CODE.NO_SHOW},
    ListedState.LATE_REQUEST: {CODE.ANOTHER_TIME_REQUESTED},
    ListedState.CANCELLED: {CODE.CANCELLED, CODE.DECLINED},
}


def bookings_on(html: str) -> list[str]:
    return re.findall(r"<h3><a href=[^>]*><bdi>([^<]*)</bdi></a>", html.partition('class="entries agenda"')[2])


def people_on(html: str) -> list[str]:
    return re.findall(r'<h3><a href="/console/candidates/[^>]*><bdi>([^<]*)</bdi></a>', html)


def headlines_on(html: str) -> dict[str, str]:
    """Return the headline of each booking, by its candidate's name."""
    said = HEADLINE.findall(html.partition('class="entries agenda"')[2])
    return dict(zip(bookings_on(html), said, strict=True))


async def test_the_search_begins_with_a_form_and_lists_nothing(client: httpx.AsyncClient) -> None:
    await booked("Asha Rao")
    await sign_in(client, Role.VIEWER)
    page = await client.get(SEARCH)
    assert page.status_code == 200
    assert 'aria-current="page">Search</a>' in page.text
    assert "Asha Rao" not in page.text
    assert "Backend Engineer, Example Labs</option>" in page.text


async def test_words_find_people_and_bookings(client: httpx.AsyncClient) -> None:
    await booked("José García", email="jg@mail.example")
    await booked("Wei Chen")
    await sign_in(client, Role.VIEWER)
    page = (await client.get(SEARCH, params={"q": "garc jose"})).text
    assert people_on(page) == ["José García"]
    assert bookings_on(page) == ["José García"]
    everything = (await client.get(SEARCH, params={"q": "engineer"})).text
    assert people_on(everything) == []
    assert sorted(bookings_on(everything)) == ["José García", "Wei Chen"]
    assert "No bookings match." in (await client.get(SEARCH, params={"q": "nobody"})).text


async def test_what_is_typed_is_shown_again_as_text(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    page = (await client.get(SEARCH, params={"q": '"><b>x', "interviewer": "<i>@x.example"})).text
    assert 'value="&#34;&gt;&lt;b&gt;x"' in page
    assert "<b>x" not in page
    assert "<i>@" not in page


async def test_who_was_erased_is_not_found_and_has_no_page(client: httpx.AsyncClient) -> None:
    await booked("José García", email="jg@mail.example")
    (person,) = await rows("candidate")
    await sign_in(client, Role.ADMIN)
    assert (await client.get(f"/console/candidates/{person['id']}/")).status_code == 200
    await erasure.erase(person["id"], by=TESTS, outbox=OUTBOX)
    for words in ("jose", "jg@mail", "erased", "engineer"):
        page = (await client.get(SEARCH, params={"q": words})).text
        assert people_on(page) == bookings_on(page) == []
    assert (await client.get(f"/console/candidates/{person['id']}/")).status_code == 404


async def test_filters_combine_and_days_are_whole(client: httpx.AsyncClient) -> None:
    start = in_days(3).replace(hour=12, minute=0, second=0, microsecond=0)
    first = await booked("First", starts_at=start)
    await booked("Second", starts_at=start + timedelta(days=1))
    await db.fetch("UPDATE schedule SET state = 'confirmed' WHERE id = $1", first.id)
    (job,) = await rows("job")
    await db.fetch(
        "UPDATE slot SET interviewer_email = 'olga@corp.example', interviewer_name = 'Olga' WHERE id = $1",
        first.slot_id,
    )
    await sign_in(client, Role.VIEWER)

    async def found(**fields: str) -> list[str]:
        page = await client.get(SEARCH, params=fields)
        assert page.status_code == 200
        return bookings_on(page.text)

    day = start.date().isoformat()
    assert await found(**{"from": day, "to": day}) == ["First"]
    assert await found(**{"from": day}) == ["Second", "First"]
    assert await found(to=day, job=str(job["id"])) == ["First"]
    assert await found(state="confirmed") == ["First"]
    assert await found(state="pending") == ["Second"]
    assert await found(interviewer="OLGA@corp.example", q="first") == ["First"]
    assert await found(interviewer="OLGA@corp.example", state="pending") == []
    assert '<option value="olga@corp.example">Olga</option>' in (await client.get(SEARCH)).text


async def test_a_state_lists_bookings_whose_headlines_say_the_same_and_each_booking_is_in_one(
    client: httpx.AsyncClient,
) -> None:
    await every_kind()
    confirmed, unswept = [await over(name, asked=True) for name in ("Confirmed before", "Not recorded yet")]
    begun, finished, off, shut, agreed = [await booked(name) for name in ("Begun", "Finished", "Off", "Shut", "Agreed")]
    for made, state in ((begun, "in_progress"), (finished, "completed")):
        await entered(made)
        await state_of_interview(made, state)
    await db.fetch("UPDATE session SET left_at = now() WHERE schedule = $1", finished.id)
    await cancellations.cancel(off.id, by=TESTS, reason="", outbox=OUTBOX)
    await links.revoke(shut.session_id, by=TESTS)
    for made in (agreed, confirmed):
        await db.fetch("UPDATE schedule SET state = 'confirmed' WHERE id = $1", made.id)
    for made in (confirmed, unswept):
        await state_of_interview(made, "scheduled")
    await sign_in(client, Role.VIEWER)
    listed: list[str] = []
    for state, codes in HEADLINES.items():
        found = headlines_on((await client.get(SEARCH, params={"state": state})).text)
        assert found, state
        assert set(found.values()) <= {LABELS[code].words for code in codes}, (state, found)
        listed += found
    assert sorted(listed) == sorted(headlines_on((await client.get(SEARCH, params={"to": "2099-01-01"})).text))


async def state_of_interview(made: BookingResult, state: str) -> None:
    await db.fetch(
        "UPDATE interview SET state = $2 FROM schedule sc WHERE sc.id = $1 AND interview.id = sc.interview",
        made.id,
        state,
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "tomorrow"}, "This is not a valid day."),
        ({"to": "2026-02-30"}, "This is not a valid day."),
        ({"from": "2026-12-02", "to": "2026-12-01"}, "The last day is before the first one."),
        ({"job": "nonsense"}, "This job does not exist."),
        ({"state": "nonsense"}, "This state does not exist."),
    ],
)
async def test_a_field_that_cannot_be_used_says_so_and_nothing_is_listed(
    client: httpx.AsyncClient, fields: dict[str, str], words: str
) -> None:
    await booked("Asha Rao")
    await sign_in(client, Role.VIEWER)
    page = await client.get(SEARCH, params={"q": "asha", **fields})
    assert page.status_code == 400
    assert words in page.text
    assert 'aria-invalid="true" aria-describedby="wrong-' in page.text
    assert "Asha Rao" not in page.text
    assert 'name="q" value="asha"' in page.text


async def test_a_long_list_comes_in_pages_whose_links_keep_the_filter(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.finding.search.A_PAGE", 2)
    for number in range(3):
        await booked(f"Number {number}", starts_at=in_days(3 + number))
    await sign_in(client, Role.VIEWER)
    first = (await client.get(SEARCH, params={"q": "number", "state": "pending"})).text
    assert bookings_on(first) == ["Number 2", "Number 1"]
    (more,) = re.findall(r'href="(/console/search/\?[^"]*after=[^"]*)"', first)
    second = (await client.get(more.replace("&amp;", "&"))).text
    assert bookings_on(second) == ["Number 0"]
    assert "show the list from the beginning" in second
    assert "after=" not in second.partition('class="entries agenda"')[2]


async def test_a_search_that_takes_too_long_is_stopped_and_says_what_to_do(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object, **__: object) -> None:
        await db.fetch("SELECT pg_sleep(60)")

    monkeypatch.setattr("hireloop.console.finding.search.MOST_MILLISECONDS", 100)
    monkeypatch.setattr("hireloop.scheduling.bookings.lists.search.people", slow)
    await booked("Asha Rao")
    await sign_in(client, Role.VIEWER)
    page = await client.get(SEARCH, params={"q": "asha"})
    assert page.status_code == 200
    assert "This search took too long and was stopped." in page.text
    assert "Backend Engineer, Example Labs</option>" in page.text


async def test_a_persons_page_has_their_interviews_and_bookings(client: httpx.AsyncClient) -> None:
    asha = await booked("Asha <b>", email="asha@mail.example", phone="+918055500100")
    await booked("Wei Chen")
    (person,) = [one["id"] for one in await rows("candidate") if one["full_name"] == "Asha <b>"]
    await sign_in(client, Role.VIEWER)
    page = (await client.get(f"/console/candidates/{person}/")).text
    assert bookings_on(page) == ["Asha &lt;b&gt;"]
    assert f'href="{asha.path}"' in page
    for words in ("asha@mail.example", "+918055500100", "Backend Engineer", "Scheduled"):
        assert words in page
    assert "Wei" not in page
    assert (await client.get("/console/candidates/01990000-0000-7000-8000-000000000001/")).status_code == 404
