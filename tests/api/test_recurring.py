from typing import Any

import httpx

from api.clients import NOWHERE, as_role, count, ok, problem
from factories import job_fields
from hireloop.access.tables import Role

SLOTS = "/api/interviews/slots/"
PATH = f"{SLOTS}create_recurring/"


def recurring(**fields: object) -> dict[str, object]:
    return {
        "rule": "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=4",
        "time_zone": "Europe/Berlin",
        "starts_at_local": "2030-10-21T10:00:00",
        "duration_minutes": 45,
        **fields,
    }


async def test_a_rule_becomes_slots_that_keep_the_wall_clock(api: httpx.AsyncClient) -> None:
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    shared = {
        "seats": 2,
        "interviewer_email": "i@example.com",
        "interviewer_name": "Ina Iyer",
        "interviewer_time_zone": "Asia/Kolkata",
        "interviewer_locale": "hi-IN",
        "job": job,
        "notes": "Room 5",
    }
    answered = await api.post(PATH, json=recurring(**shared))
    assert answered.status_code == 201
    body = answered.json()
    assert (body["skipped"], body["repeated"]) == ([], [])
    assert [(slot["starts_at"], slot["ends_at"]) for slot in body["created"]] == [
        ("2030-10-21T13:30:00+05:30", "2030-10-21T14:15:00+05:30"),
        ("2030-10-23T13:30:00+05:30", "2030-10-23T14:15:00+05:30"),
        ("2030-10-28T14:30:00+05:30", "2030-10-28T15:15:00+05:30"),  # clocks in Berlin have gone back
        ("2030-10-30T14:30:00+05:30", "2030-10-30T15:15:00+05:30"),
    ]
    for slot in body["created"]:
        assert {name: slot[name] for name in shared} == shared
    assert (await ok(api, SLOTS))["items"] == body["created"]


async def test_the_times_of_a_rule_are_cut_to_the_minute(api: httpx.AsyncClient) -> None:
    made = await api.post(PATH, json=recurring(starts_at_local="2030-10-21T10:00:59"))
    assert made.json()["created"][0]["starts_at"] == "2030-10-21T13:30:00+05:30"
    again = await api.post(PATH, json=recurring())
    assert {one["reason"] for one in again.json()["skipped"]} == {"already-exists"}


async def test_what_is_skipped_says_why_and_asking_again_creates_nothing(api: httpx.AsyncClient) -> None:
    asked = recurring(
        rule="FREQ=DAILY;COUNT=4", starts_at_local="2031-03-29T02:30", exclude=["2031-03-31"], interviewer_email="i@x.y"
    )
    first = (await api.post(PATH, json=asked)).json()
    created = [slot["id"] for slot in first["created"]]
    assert [(one["starts_at_local"], one["reason"], one["slot"]) for one in first["skipped"]] == [
        ("2031-03-30T02:30:00", "nonexistent-time", None),
        ("2031-03-31T02:30:00", "excluded", None),
    ]
    assert all(one["detail"] for one in first["skipped"])
    again = await api.post(PATH, json=asked)
    assert again.status_code == 200
    assert again.json()["created"] == []
    assert [(one["reason"], one["slot"]) for one in again.json()["skipped"]] == [
        ("already-exists", created[0]),
        ("nonexistent-time", None),
        ("excluded", None),
        ("already-exists", created[1]),
    ]
    longer = (await api.post(PATH, json={**asked, "duration_minutes": 50})).json()
    assert {one["reason"] for one in longer["skipped"]} == {"interviewer-busy", "nonexistent-time", "excluded"}
    past = (await api.post(PATH, json=recurring(starts_at_local="2020-01-01T10:00"))).json()
    assert ({one["reason"] for one in past["skipped"]}, past["created"]) == ({"past"}, [])


async def test_a_time_that_clocks_show_twice_is_the_first_of_the_two(api: httpx.AsyncClient) -> None:
    asked = recurring(rule="FREQ=DAILY;COUNT=2", starts_at_local="2030-10-27T02:30")
    body = (await api.post(PATH, json=asked)).json()
    (repeated,) = body["repeated"]
    assert repeated["starts_at_local"] == "2030-10-27T02:30:00"
    assert repeated["starts_at"] == body["created"][0]["starts_at"] == "2030-10-27T06:00:00+05:30"
    assert "the first of the two" in repeated["detail"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"rule": "every monday"}, "rule"),
    ({"rule": "FREQ=DAILY"}, "rule"),
    ({"rule": "FREQ=SECONDLY;COUNT=9"}, "rule"),
    ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3"}, "rule"),
    ({"rule": "FREQ=DAILY;COUNT=3\x00"}, "rule"),
    ({"rule": 7}, "rule"),
    ({"time_zone": "Europe/Atlantis"}, "time_zone"),
    ({"time_zone": "CEST"}, "time_zone"),
    ({"time_zone": "../etc/passwd"}, "time_zone"),
    ({"time_zone": None}, "time_zone"),
    ({"starts_at_local": "2030-10-21T10:00:00Z"}, "starts_at_local"),
    ({"starts_at_local": "2030-10-21T10:00:00+01:00"}, "starts_at_local"),
    ({"starts_at_local": "2030-10-21"}, "starts_at_local"),
    ({"starts_at_local": "2030-02-30T10:00:00"}, "starts_at_local"),
    ({"starts_at_local": "2030-10-21T24:00:00"}, "starts_at_local"),
    ({"starts_at_local": "9999-10-21T10:00:00"}, "starts_at_local"),
    ({"starts_at_local": "0001-01-01T00:00:00"}, "starts_at_local"),
    ({"duration_minutes": 0}, "duration_minutes"),
    ({"duration_minutes": 1441}, "duration_minutes"),
    ({"duration_minutes": 30.5}, "duration_minutes"),
    ({"exclude": ["Christmas"]}, "exclude[0]"),
    ({"exclude": "2030-10-21"}, "exclude"),
    ({"exclude": ["2030-10-21"] * 1001}, "exclude"),
    ({"seats": 0}, "seats"),
    ({"interviewer_email": "i"}, "interviewer_email"),
    ({"job": NOWHERE}, "job"),
    ({"notes": "\x00"}, "notes"),
    ({"ends_at": "2030-10-21T10:00:00Z"}, "ends_at"),
]


async def test_each_bad_field_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    for fields, field in BAD:
        problem(await api.post(PATH, json=recurring(**fields)), 400, "bad-input", field)
    missing = ("time_zone", "starts_at_local", "duration_minutes")
    problem(await api.post(PATH, json={"rule": "FREQ=DAILY;COUNT=1"}), 400, "bad-input", *missing)
    assert await count(api, SLOTS) == 0


async def test_a_viewer_creates_nothing(user: httpx.AsyncClient) -> None:
    problem(await (await as_role(user, Role.VIEWER)).post(PATH, json=recurring()), 403, "not-allowed")
