from datetime import timedelta
from typing import Any

import httpx

from api.clients import NOWHERE, count, ok, problem
from samples import job_fields, post_interview, post_slot, soon

PATH = "/api/interviews/slots/"
START, END = "2026-12-01T10:00:00+05:30", "2026-12-01T11:00:00+05:30"


def slot(**fields: object) -> dict[str, object]:
    return {"starts_at": START, "ends_at": END, **fields}


async def test_a_slot_is_stored_and_shown(api: httpx.AsyncClient) -> None:
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    given = slot(seats=3, interviewer_email="i@example.com", job=job, notes="Room 5")
    created = await api.post(PATH, json=given)
    assert created.status_code == 201
    body = created.json()
    assert {name: body[name] for name in given} == given
    assert (body["taken"], body["withdrawn_at"]) == (0, None)
    assert created.headers["location"] == f"{PATH}{body['id']}/"
    assert await ok(api, created.headers["location"]) == body


async def test_times_are_answered_with_the_offset_of_the_installation(api: httpx.AsyncClient) -> None:
    created = await api.post(PATH, json=slot(starts_at="2026-12-01T04:30:00Z", ends_at="2026-12-01T00:30:00-05:00"))
    assert (created.json()["starts_at"], created.json()["ends_at"]) == (START, END)
    assert created.json()["created_at"].endswith("+05:30")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"starts_at": "2026-12-01T10:00:00"}, "starts_at"),
    ({"ends_at": "2026-12-01T10:00:00"}, "ends_at"),
    ({"starts_at": "2026-12-01"}, "starts_at"),
    ({"starts_at": "tomorrow"}, "starts_at"),
    ({"starts_at": None}, "starts_at"),
    ({"starts_at": "2026-13-01T10:00:00Z"}, "starts_at"),
    ({"starts_at": "0001-01-01T00:00:00+05:30"}, "starts_at"),
    ({"starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
    ({"ends_at": "9999-12-31T23:59:59-05:00"}, "ends_at"),
    ({"starts_at": "9999-12-31T23:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}, "starts_at"),
    ({"ends_at": START}, "ends_at"),
    ({"ends_at": "2026-12-01T09:00:00+05:30"}, "ends_at"),
    ({"seats": 0}, "seats"),
    ({"seats": -1}, "seats"),
    ({"seats": 1001}, "seats"),
    ({"seats": 1.5}, "seats"),
    ({"seats": "one"}, "seats"),
    ({"interviewer_email": "i"}, "interviewer_email"),
    ({"interviewer_email": "i@example.com\n"}, "interviewer_email"),
    ({"job": NOWHERE}, "job"),
    ({"job": "baker"}, "job"),
    ({"notes": "n" * 2001}, "notes"),
    ({"notes": "\x00"}, "notes"),
    ({"taken": 1}, "taken"),
]


async def test_each_bad_field_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    for fields, field in BAD:
        problem(await api.post(PATH, json=slot(**fields)), 400, "bad-input", field)
    assert await count(api, PATH) == 0


async def test_an_interviewer_sits_in_one_slot_at_a_time(api: httpx.AsyncClient) -> None:
    assert (await api.post(PATH, json=slot(interviewer_email="i@example.com"))).status_code == 201
    problem(await api.post(PATH, json=slot(interviewer_email="I@Example.com")), 409, "interviewer-busy")
    assert (await api.post(PATH, json=slot(interviewer_email="other@example.com"))).status_code == 201
    touching = slot(starts_at=END, ends_at="2026-12-01T12:00:00+05:30", interviewer_email="i@example.com")
    assert (await api.post(PATH, json=touching)).status_code == 201


async def test_slots_are_listed_by_start_and_narrowed_by_filters(api: httpx.AsyncClient) -> None:
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    late = await post_slot(api, starts_at=soon(300), interviewer_email="i@example.com")
    early = await post_slot(api, starts_at=soon(60), job=job)
    full = await post_slot(api, starts_at=soon(180))
    past = await post_slot(api, starts_at=soon(-60))
    booked = await api.post(f"{PATH}{full}/book_slot/", json={"interview_id": await post_interview(api)})
    assert booked.status_code == 201

    async def found(**filters: str) -> list[str]:
        response = await api.get(PATH, params=filters)
        assert response.status_code == 200, response.text
        return [item["id"] for item in response.json()["items"]]

    assert await found() == [past, early, full, late]
    assert await found(available="true") == [early, late]
    assert await found(available="false") == [past, full]
    assert await found(job=job) == [early]
    assert await found(interviewer="I@Example.com") == [late]
    middle = (soon(60) + timedelta(minutes=1)).isoformat()
    assert await found(**{"from": middle}) == [full, late]
    assert await found(to=middle) == [past, early]


async def test_bad_filters_are_refused(api: httpx.AsyncClient) -> None:
    for name, value in [
        ("from", "2026-12-01T10:00:00"),
        ("to", "yesterday"),
        ("available", "perhaps"),
        ("job", "baker"),
        ("interviewer", "i\x00@example.com"),
        ("from", "0001-01-01T00:00:00+05:30"),
        ("to", "9999-12-31T23:59:59-05:30"),
    ]:
        problem(await api.get(PATH, params={name: value}), 400, "bad-input", name)


async def test_an_unknown_slot_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")
    booking = {"interview_id": await post_interview(api)}
    problem(await api.post(f"{PATH}{NOWHERE}/book_slot/", json=booking), 404, "not-found")
