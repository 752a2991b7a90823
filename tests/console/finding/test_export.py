"""The CSV file: what is in it, who may take it, what the audit keeps of it, and that no cell is a formula."""

import csv
import io
import itertools
from datetime import datetime
from uuid import UUID

import asyncpg
import httpx
import pytest

from console.factories import booked, in_days
from console.signing import fields_of, press, sign_in
from factories import rows
from hireloop import db
from hireloop.access.tables import Role
from hireloop.console.finding.export import MOST_ROWS
from hireloop.console.finding.spreadsheet import COLUMNS, defused
from hireloop.scheduling.bookings.lists import agenda, search
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.bookings.lists.places import ListPlace
from hireloop.scheduling.bookings.lists.search import BookingSearch
from hireloop.settings import Settings

_MOVE = "UPDATE schedule SET starts_at = $2::timestamptz, ends_at = $2 + (ends_at - starts_at) WHERE id = $1"
SEARCH, EXPORT = "/console/search/?q=rao", "/console/search/export/"


def read(answer: httpx.Response) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


async def test_the_file_has_what_the_search_finds(client: httpx.AsyncClient, settings: Settings) -> None:
    made = await booked('Asha "A" Rao, née Łuk', email="asha@mail.example", starts_at=in_days(3))
    await booked("Wei Chen")
    await sign_in(client, Role.RECRUITER)
    answer = await press(client, SEARCH, EXPORT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="bookings-')
    assert answer.headers["cache-control"] == "no-store"
    (row,) = read(answer)
    assert tuple(row) == COLUMNS
    assert row["booking"] == str(made.id)
    assert row["candidate"] == 'Asha "A" Rao, née Łuk'
    assert row["candidate_email"] == "asha@mail.example"
    assert (row["booking_state"], row["interview_state"], row["round"]) == ("pending", "scheduled", "1")
    (stored,) = [one for one in await rows("schedule") if one["id"] == made.id]
    starts_at = datetime.fromisoformat(row["starts_at"])
    assert starts_at == stored["starts_at"].replace(microsecond=0)
    assert starts_at.utcoffset() == stored["starts_at"].astimezone(settings.zone).utcoffset()
    assert row["entered_at"] == ""


async def test_a_long_file_comes_in_pieces_and_is_bounded(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.finding.export._AT_ONCE", 2)
    monkeypatch.setattr("hireloop.console.finding.export.MOST_ROWS", 4)
    for number in range(6):
        await booked(f"Rao {number}", starts_at=in_days(1 + number))
    await sign_in(client, Role.ADMIN)
    *found, note = read(await press(client, SEARCH, EXPORT))
    assert [one["candidate"] for one in found] == ["Rao 5", "Rao 4", "Rao 3", "Rao 2"]
    assert note["booking"].startswith("This file is not complete: more interviews match")
    assert not any(text for name, text in note.items() if name != "booking")


async def test_a_booking_that_is_moved_while_the_file_is_written_is_in_it_once(
    client: httpx.AsyncClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.finding.export._AT_ONCE", 2)
    made = [await booked(f"Rao {number}", starts_at=in_days(1 + number)) for number in range(6)]
    await sign_in(client, Role.ADMIN)
    read_items = agenda.of_schedules
    moves = iter([(made[4], 0), (made[0], 2.5), (made[3], 8)])

    async def moving(some: list[UUID]) -> dict[UUID, AgendaItem]:
        items = await read_items(some)
        booking, days = next(moves)
        other = await asyncpg.connect(database_url)
        await other.execute(_MOVE, booking.id, in_days(days))
        await other.close()
        return items

    read_before = await client.get(SEARCH)
    monkeypatch.setattr("hireloop.scheduling.bookings.lists.agenda.of_schedules", moving)
    found = read(await client.post(EXPORT, data=fields_of(read_before.text)))
    assert [one["candidate"] for one in found] == [f"Rao {number}" for number in (5, 4, 3, 2, 1, 0)]


async def test_a_file_that_is_cut_short_says_so(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hireloop.console.finding.export._AT_ONCE", 2)
    for number in range(4):
        await booked(f"Rao {number}", starts_at=in_days(1 + number))
    await sign_in(client, Role.RECRUITER)
    read_items, reads = agenda.of_schedules, itertools.count()

    async def slow(some: list[UUID]) -> dict[UUID, AgendaItem]:
        if next(reads):
            await db.fetch("SELECT pg_sleep(60)")
        return await read_items(some)

    read_before = await client.get(SEARCH)
    monkeypatch.setattr("hireloop.console.finding.search.MOST_MILLISECONDS", 500)
    monkeypatch.setattr("hireloop.scheduling.bookings.lists.agenda.of_schedules", slow)
    *found, note = read(await client.post(EXPORT, data=fields_of(read_before.text)))
    assert [one["candidate"] for one in found] == ["Rao 3", "Rao 2"]
    assert note["booking"].startswith("This file is not complete: the database took too long")


async def test_that_a_file_takes_too_long_to_find_is_said_on_the_page(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = search.ids

    async def slow(only: BookingSearch, *, limit: int, after: ListPlace | None = None) -> list[UUID]:
        if limit > MOST_ROWS:
            await db.fetch("SELECT pg_sleep(60)")
        return await find(only, limit=limit, after=after)

    await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER)
    monkeypatch.setattr("hireloop.console.finding.search.MOST_MILLISECONDS", 500)
    monkeypatch.setattr("hireloop.scheduling.bookings.lists.search.ids", slow)
    read_before = await client.get("/console/search/?state=pending")
    answer = await client.post(EXPORT, data=fields_of(read_before.text))
    assert "This search took too long and was stopped." in answer.text
    assert await db.fetch("SELECT FROM audit_entry WHERE action = 'bookings.exported'") == []


async def test_the_audit_says_who_took_a_file_and_names_no_person(client: httpx.AsyncClient) -> None:
    await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER, "Rita")
    await press(client, SEARCH, EXPORT, state="pending", interviewer="olga@corp.example")
    (entry,) = await db.fetch(
        "SELECT actor, subject, actor_key, details::text FROM audit_entry WHERE action = 'bookings.exported'"
    )
    assert entry["actor"] == "Rita"
    assert entry["subject"] == entry["actor_key"]
    assert entry["details"] == '{"state": "pending", "also_by": ["interviewer", "q"]}'


async def test_a_viewer_is_offered_no_file_and_gets_none(client: httpx.AsyncClient) -> None:
    await booked("Asha Rao")
    await sign_in(client, Role.VIEWER)
    page = await client.get(SEARCH)
    assert "Asha Rao" in page.text
    assert "CSV" not in page.text
    assert (await press(client, SEARCH, EXPORT)).status_code == 403
    assert await db.fetch("SELECT FROM audit_entry WHERE action = 'bookings.exported'") == []


async def test_a_link_or_another_sites_page_takes_no_file(client: httpx.AsyncClient) -> None:
    await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER)
    assert (await client.get(EXPORT)).status_code == 405
    assert (await client.post(EXPORT, data={"q": "rao"})).status_code == 403
    assert await db.fetch("SELECT FROM audit_entry WHERE action = 'bookings.exported'") == []


async def test_a_field_that_cannot_be_used_gives_the_page_and_not_a_file(client: httpx.AsyncClient) -> None:
    await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER)
    answer = await press(client, SEARCH, EXPORT, **{"from": "tomorrow"})
    assert answer.status_code == 400
    assert "This is not a valid day." in answer.text


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"],  # noqa: RUF001 (wide signs)
)
def test_what_would_be_a_formula_is_text(name: str) -> None:
    assert defused(name) == f"'{name}"


@pytest.mark.parametrize("name", ["Asha", "", "O'Neil", "a=1", "1-1", "José"])
def test_any_other_text_stays_as_it_is(name: str) -> None:
    assert defused(name) == name


async def test_names_that_are_formulas_are_text_in_the_file(client: httpx.AsyncClient) -> None:
    await booked("=HYPERLINK(A1) Rao", email="+rao@mail.example")
    await sign_in(client, Role.RECRUITER)
    (row,) = read(await press(client, SEARCH, EXPORT))
    assert row["candidate"] == "'=HYPERLINK(A1) Rao"
    assert row["candidate_email"] == "'+rao@mail.example"
