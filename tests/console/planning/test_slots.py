"""A slot is typed in the zone of the console, also where its clocks change, and is created once."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from console.planning.pressing import faults_on, said_on, sent
from console.signing import fields_of, sign_in
from factories import rows, soon
from hireloop.access.tables import Role
from hireloop.settings import Settings

PAGE = "/console/new/slot/"
TYPED = {"starts": "10:00", "minutes": "45", "seats": "1"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A zone whose clocks change twice a year."""
    return settings.model_copy(update={"default_time_zone": "Europe/Berlin"})


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


async def test_a_slot_is_created_in_the_zone_that_is_named_and_booking_is_next(client: httpx.AsyncClient) -> None:
    assert "In the time zone Europe/Berlin." in (await client.get(PAGE)).text
    answer = await sent(
        client, PAGE, **TYPED, day="2031-07-01", interviewer_email="ravi@acme.example", interviewer_name="Ravi"
    )
    (row,) = await rows("slot")
    assert row["starts_at"] == datetime(2031, 7, 1, 8, 0, tzinfo=UTC)
    assert row["ends_at"] - row["starts_at"] == timedelta(minutes=45)
    assert (row["interviewer_email"], row["interviewer_name"], row["job"]) == ("ravi@acme.example", "Ravi", None)
    assert answer.headers["location"] == "/console/new/booking/?day=2031-07-01&done=slot-created"
    assert await said_on(client, answer) == "The slot was created."


async def test_a_form_that_is_sent_twice_creates_one_slot(client: httpx.AsyncClient) -> None:
    fields = {**fields_of((await client.get(f"{PAGE}?interview=1")).text), **TYPED, "day": "2031-07-01"}
    fields["interviewer_email"] = "ravi@acme.example"
    answers = [await client.post(PAGE, data=fields) for _ in range(2)]
    (row,) = await rows("slot")
    assert str(row["id"]) == fields["form"]
    assert [answer.headers["location"].rpartition("=")[2] for answer in answers] == ["slot-created", "slot-known"]
    assert "interview=1&" in answers[0].headers["location"]
    other = await sent(client, PAGE, **TYPED, day="2031-07-01", interviewer_email="ravi@acme.example", notes="Kept")
    assert other.status_code == 409
    assert "The interviewer already has a slot that overlaps this one." in other.text
    assert "Kept" in other.text


async def test_a_time_that_the_clocks_jump_over_is_refused(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, **{**TYPED, "starts": "02:30"}, day="2031-03-30")
    assert answer.status_code == 400
    assert faults_on(answer)["starts"].startswith("This time does not exist on that day")
    assert 'value="02:30"' in answer.text
    assert await rows("slot") == []


async def test_a_time_that_comes_twice_is_asked_for(client: httpx.AsyncClient) -> None:
    typed = {**TYPED, "starts": "02:30", "day": "2031-10-26"}
    answer = await sent(client, PAGE, **typed)
    assert answer.status_code == 400
    assert faults_on(answer)["which"].startswith("This time occurs twice on that day")
    fields = {**fields_of(answer.text), **typed}
    await client.post(PAGE, data={**fields, "which": "second"})
    await sent(client, PAGE, **typed, which="first")
    assert sorted(row["starts_at"] for row in await rows("slot")) == [
        datetime(2031, 10, 26, 0, 30, tzinfo=UTC),
        datetime(2031, 10, 26, 1, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("day", "starts", "which", "minutes"),
    [
        ("2031-10-26", "01:30", "", 120),
        ("2031-10-26", "02:30", "first", 45),
        ("2031-10-26", "02:30", "second", 15),
        ("2031-03-30", "01:30", "", 120),
    ],
)
async def test_a_slot_is_as_long_as_it_says_while_the_clocks_change(
    client: httpx.AsyncClient, day: str, starts: str, which: str, minutes: int
) -> None:
    await sent(client, PAGE, **{**TYPED, "starts": starts, "minutes": str(minutes)}, day=day, which=which)
    (row,) = await rows("slot")
    assert row["ends_at"] - row["starts_at"] == timedelta(minutes=minutes)


async def test_a_form_that_comes_back_with_another_time_creates_another_slot(client: httpx.AsyncClient) -> None:
    fields = {**fields_of((await client.get(PAGE)).text), **TYPED, "day": "2031-07-01"}
    await client.post(PAGE, data=fields)
    answer = await client.post(PAGE, data={**fields, "starts": "11:00"})
    assert await said_on(client, answer) == "The slot was created."
    assert len(await rows("slot")) == 2


async def test_everything_that_is_wrong_is_said_at_its_field(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, day="", starts="25:00", minutes="1441", seats="0", job="x", notes="Kept")
    assert answer.status_code == 400
    assert faults_on(answer) == {
        "day": "Fill in this field.",
        "starts": "Enter a time such as 09:30.",
        "minutes": "Enter a whole number from 1 to 1440.",
        "seats": "Enter a whole number from 1 to 1000.",
        "job": "Choose one from the list.",
    }
    assert "Kept" in answer.text
    yesterday = (soon() - timedelta(days=1)).date().isoformat()
    past = await sent(client, PAGE, **TYPED, day=yesterday)
    assert faults_on(past)["starts"].startswith("Must not be in the past")
    for day in ("2031-02-30", "99999-01-01", "0001-01-01", "tomorrow"):
        assert faults_on(await sent(client, PAGE, **TYPED, day=day)) == {
            "day": "This is not a valid day. Enter a date such as 2026-12-01."
        }
    wrong = await sent(client, PAGE, **TYPED, day="2031-07-01", interviewer_email="ravi", interviewer_time_zone="Mars")
    assert set(faults_on(wrong)) == {"interviewer_email", "interviewer_time_zone"}
    assert await rows("slot") == []
