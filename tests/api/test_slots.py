from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from api.clients import NOWHERE, as_role, count, ok, problem
from api.factories import post_booking
from factories import job_fields, make_slot, post_interview, post_slot, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.sessions import sessions
from hireloop.web.http.entity_tags import etag_of

PATH = "/api/interviews/slots/"
START, END = "2096-12-01T10:00:00+05:30", "2096-12-01T11:00:00+05:30"


def slot(**fields: object) -> dict[str, object]:
    return {"starts_at": START, "ends_at": END, **fields}


async def test_a_slot_is_stored_and_shown(api: httpx.AsyncClient) -> None:
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    given = slot(
        seats=3,
        interviewer_email="i@example.com",
        interviewer_name="Ina Iyer",
        interviewer_time_zone="Asia/Kolkata",
        interviewer_locale="hi-IN",
        job=job,
        notes="Room 5",
    )
    created = await api.post(PATH, json=given)
    assert created.status_code == 201
    body = created.json()
    assert {name: body[name] for name in given} == given
    assert (body["taken"], body["withdrawn_at"]) == (0, None)
    assert created.headers["location"] == f"{PATH}{body['id']}/"
    assert await ok(api, created.headers["location"]) == body


async def test_times_are_answered_with_the_offset_of_the_installation(api: httpx.AsyncClient) -> None:
    created = await api.post(PATH, json=slot(starts_at="2096-12-01T04:30:00Z", ends_at="2096-12-01T00:30:00-05:00"))
    assert (created.json()["starts_at"], created.json()["ends_at"]) == (START, END)
    assert created.json()["created_at"].endswith("+05:30")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"starts_at": "2096-12-01T10:00:00"}, "starts_at"),
    ({"ends_at": "2096-12-01T10:00:00"}, "ends_at"),
    ({"starts_at": "2026-12-01"}, "starts_at"),
    ({"starts_at": "tomorrow"}, "starts_at"),
    ({"starts_at": None}, "starts_at"),
    ({"starts_at": "2026-13-01T10:00:00Z"}, "starts_at"),
    ({"starts_at": "0001-01-01T00:00:00+05:30"}, "starts_at"),
    ({"starts_at": "0001-01-01T00:00:00Z"}, "starts_at"),
    ({"ends_at": "9999-12-31T23:59:59-05:00"}, "ends_at"),
    ({"starts_at": "9999-12-31T23:00:00Z", "ends_at": "9999-12-31T23:59:59Z"}, "starts_at"),
    ({"ends_at": START}, "ends_at"),
    ({"ends_at": "2096-12-01T10:00:59.999999+05:30"}, "ends_at"),
    ({"starts_at": "2096-12-01T10:00:30+05:30", "ends_at": "2096-12-01T10:01:20+05:30"}, "ends_at"),
    ({"starts_at": "2020-12-01T10:00:00Z", "ends_at": "2020-12-01T11:00:00Z"}, "starts_at"),
    ({"starts_at": "2020-12-01T10:00:00Z"}, "starts_at"),
    ({"ends_at": "2096-12-01T09:00:00+05:30"}, "ends_at"),
    ({"seats": 0}, "seats"),
    ({"seats": -1}, "seats"),
    ({"seats": 1001}, "seats"),
    ({"seats": 1.5}, "seats"),
    ({"seats": "one"}, "seats"),
    ({"interviewer_email": "i"}, "interviewer_email"),
    ({"interviewer_email": "i@example.com\n"}, "interviewer_email"),
    ({"interviewer_name": "n" * 201}, "interviewer_name"),
    ({"interviewer_name": None}, "interviewer_name"),
    ({"interviewer_name": "\u200b"}, "interviewer_name"),
    ({"interviewer_time_zone": "Asia/Atlantis"}, "interviewer_time_zone"),
    ({"interviewer_locale": "tlh-"}, "interviewer_locale"),
    ({"job": NOWHERE}, "job"),
    ({"job": "baker"}, "job"),
    ({"notes": "n" * 2001}, "notes"),
    ({"notes": "\x00"}, "notes"),
    ({"taken": 1}, "taken"),
]


async def test_times_are_cut_to_the_minute(api: httpx.AsyncClient) -> None:
    given = {"starts_at": "2096-12-01T10:00:00.000027+05:30", "ends_at": "2096-12-01T04:59:59.999999-00:30"}
    created = await api.post(PATH, json=given)
    assert (created.json()["starts_at"], created.json()["ends_at"]) == (START, "2096-12-01T10:59:00+05:30")
    path = created.headers["location"]
    changed = await api.patch(path, json={"ends_at": "2096-12-01T11:00:00.000027+05:30"})
    assert changed.json()["ends_at"] == END == (await ok(api, path))["ends_at"]
    again = await api.patch(path, json={"ends_at": "2096-12-01T11:00:59+05:30", "starts_at": START})
    assert again.json() == changed.json()


async def test_a_slot_can_begin_a_moment_ago_and_not_when_it_cannot_be_booked(api: httpx.AsyncClient) -> None:
    assert await post_slot(api, starts_at=soon(-8))
    ends_at = soon(30).isoformat()
    late = await api.post(PATH, json=slot(starts_at=soon(-11).isoformat(), ends_at=ends_at))
    assert "until 10 minutes after its start" in problem(late, 400, "bad-input", "starts_at")["detail"]
    over = await api.post(PATH, json=slot(starts_at=soon(-8).isoformat(), ends_at=soon(-3).isoformat()))
    assert "must be in the future" in problem(over, 400, "bad-input", "ends_at")["detail"]
    path = f"{PATH}{await post_slot(api)}/"
    problem(await api.patch(path, json={"starts_at": soon(-60).isoformat()}), 400, "bad-input", "starts_at")


async def test_times_that_a_slot_has_already_are_taken_whatever_they_are(api: httpx.AsyncClient) -> None:
    path = f"{PATH}{await make_slot(starts_at=soon(-60), minutes=0.4)}/"
    known = await ok(api, path)
    sent = {name: known[name] for name in ("starts_at", "ends_at", "seats")} | {"notes": "n"}
    changed = await api.patch(path, json=sent)
    assert (changed.status_code, changed.json()) == (200, {**known, "notes": "n"})
    problem(await api.patch(path, json={"ends_at": soon(-40).isoformat()}), 400, "bad-input", "ends_at")
    longer = await api.patch(path, json={"ends_at": soon(40).isoformat()})
    assert (longer.status_code, longer.json()["starts_at"]) == (200, known["starts_at"])


async def test_each_bad_field_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    for fields, field in BAD:
        problem(await api.post(PATH, json=slot(**fields)), 400, "bad-input", field)
    assert await count(api, PATH) == 0


async def test_an_interviewer_sits_in_one_slot_at_a_time(api: httpx.AsyncClient) -> None:
    assert (await api.post(PATH, json=slot(interviewer_email="i@example.com"))).status_code == 201
    problem(await api.post(PATH, json=slot(interviewer_email="I@Example.com")), 409, "interviewer-busy")
    assert (await api.post(PATH, json=slot(interviewer_email="other@example.com"))).status_code == 201
    touching = slot(starts_at=END, ends_at="2096-12-01T12:00:00+05:30", interviewer_email="i@example.com")
    assert (await api.post(PATH, json=touching)).status_code == 201


async def test_slots_are_listed_by_start_and_filtered(api: httpx.AsyncClient) -> None:
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    late = await post_slot(api, starts_at=soon(300), interviewer_email="i@example.com")
    early = await post_slot(api, starts_at=soon(60), job=job)
    full = await post_slot(api, starts_at=soon(180))
    past = str(await make_slot(starts_at=soon(-60)))
    booked = await api.post(f"{PATH}{full}/book_slot/", json={"interview_id": await post_interview(api)})
    assert booked.status_code == 201

    async def found(**filters: str) -> list[str]:
        response = await api.get(PATH, params=filters)
        assert response.status_code == 200, response.text
        return [item["id"] for item in response.json()["items"]]

    assert await found() == [past, early, full, late]
    assert await found(available="true") == [early, late]
    assert await found(available="false") == [past, full]
    assert await found(job=job) == [past, early, full, late]  # the others are for any job
    other = (await api.post("/api/jobs/", json=job_fields(title="Cook"))).json()["id"]
    assert await found(job=other) == [past, full, late]
    assert await found(min_minutes="45") == [past, early, full, late]
    assert await found(min_minutes="46") == []
    assert await found(interviewer="I@Example.com") == [late]
    middle = (soon(60) + timedelta(minutes=1)).isoformat()
    assert await found(**{"from": middle}) == [full, late]
    assert await found(to=middle) == [past, early]


async def test_bad_filters_are_refused(api: httpx.AsyncClient) -> None:
    for name, value in [
        ("from", "2096-12-01T10:00:00"),
        ("to", "yesterday"),
        ("available", "perhaps"),
        ("job", "baker"),
        ("interviewer", "i\x00@example.com"),
        ("from", "0001-01-01T00:00:00+05:30"),
        ("to", "9999-12-31T23:59:59-05:30"),
        ("min_minutes", "0"),
        ("min_minutes", "long"),
        ("after", NOWHERE),
    ]:
        problem(await api.get(PATH, params={name: value}), 400, "bad-input", name)


async def test_an_unknown_slot_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")
    booking = {"interview_id": await post_interview(api)}
    problem(await api.post(f"{PATH}{NOWHERE}/book_slot/", json=booking), 404, "not-found")
    problem(await api.patch(f"{PATH}{NOWHERE}/", json={"seats": 2}), 404, "not-found")
    problem(await api.delete(f"{PATH}{NOWHERE}/"), 404, "not-found")
    problem(await api.post(f"{PATH}{NOWHERE}/release_slot/"), 404, "not-found")


async def book(api: httpx.AsyncClient, slot_id: str) -> str:
    ident: str = (await post_booking(api, slot=slot_id))["id"]
    return ident


async def test_a_slot_is_changed_by_what_is_sent(api: httpx.AsyncClient) -> None:
    path = f"{PATH}{await post_slot(api, seats=2, interviewer_email='i@example.com')}/"
    before = await ok(api, path)
    changed = await api.patch(path, json={"notes": "Room 6", "interviewer_email": None})
    assert changed.status_code == 200
    assert changed.json() == {**before, "notes": "Room 6", "interviewer_email": None} == await ok(api, path)
    assert (await api.patch(path, json={})).json() == changed.json()
    for fields, field in [
        ({"seats": 0}, "seats"),
        ({"seats": None}, "seats"),
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": "2096-12-01T10:00:00"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-05:00"}, "ends_at"),
        ({"ends_at": before["starts_at"]}, "ends_at"),
        ({"job": NOWHERE}, "job"),
        ({"notes": "\x00"}, "notes"),
        ({"taken": 0}, "taken"),
    ]:
        problem(await api.patch(path, json=fields), 400, "bad-input", field)
    assert await ok(api, path) == changed.json()


async def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(api: httpx.AsyncClient) -> None:
    path = f"{PATH}{await post_slot(api)}/"
    old = etag_of((await api.get(path)).content)
    changed = await api.patch(path, json={"seats": 2}, headers={"If-Match": old})
    assert changed.status_code == 200
    problem(await api.patch(path, json={"seats": 3}, headers={"If-Match": old}), 412, "changed-since")
    problem(await api.delete(path, headers={"If-Match": old}), 412, "changed-since")
    assert await ok(api, path) == changed.json()
    assert (await api.delete(path, headers={"If-Match": etag_of(changed.content)})).status_code == 200


async def test_a_slot_in_use_can_change_hands(api: httpx.AsyncClient) -> None:
    path = f"{PATH}{await post_slot(api, interviewer_email='i@example.com', interviewer_name='Ina Iyer')}/"
    await book(api, path.split("/")[-2])
    changed = await api.patch(path, json={"interviewer_email": "j@example.com", "interviewer_locale": "hi"})
    assert (changed.json()["interviewer_name"], changed.json()["interviewer_locale"]) == ("", "hi")
    told = await db.fetch("SELECT recipient, revision FROM delivery WHERE slot IS NOT NULL ORDER BY 2, 1")
    assert [tuple(row) for row in told] == [("i@example.com", 1), ("i@example.com", 2), ("j@example.com", 2)]


async def test_a_slot_in_use_keeps_what_its_candidates_rely_on(api: httpx.AsyncClient) -> None:
    ident = await post_slot(api, seats=2)
    await book(api, ident)
    later = soon(600).isoformat()
    for fields in ({"starts_at": soon(30).isoformat()}, {"ends_at": later}):
        problem(await api.patch(f"{PATH}{ident}/", json=fields), 409, "slot-in-use")
    await book(api, ident)
    problem(await api.patch(f"{PATH}{ident}/", json={"seats": 1}), 409, "slot-in-use")
    assert (await api.patch(f"{PATH}{ident}/", json={"seats": 3, "notes": "n"})).json()["seats"] == 3
    taken = await post_slot(api, starts_at=soon(300), interviewer_email="i@example.com")
    free = await post_slot(api, starts_at=soon(300))
    body = {"interviewer_email": "I@example.com"}
    problem(await api.patch(f"{PATH}{free}/", json=body), 409, "interviewer-busy")
    await api.delete(f"{PATH}{taken}/")
    assert (await api.patch(f"{PATH}{free}/", json=body)).status_code == 200


async def test_a_slot_is_withdrawn_once_and_in_use_only_with_its_bookings(api: httpx.AsyncClient) -> None:
    ident = await post_slot(api)
    schedule = await book(api, ident)
    problem(await api.delete(f"{PATH}{ident}/"), 409, "slot-in-use")
    withdrawn = await api.delete(f"{PATH}{ident}/?cancel=true")
    assert withdrawn.status_code == 200
    assert withdrawn.json()["withdrawn_at"] is not None
    assert withdrawn.json()["taken"] == 0
    assert (await ok(api, f"/api/interviews/schedules/{schedule}/"))["state"] == "cancelled"
    assert (await api.delete(f"{PATH}{ident}/")).json() == withdrawn.json() == await ok(api, f"{PATH}{ident}/")
    problem(await api.patch(f"{PATH}{ident}/", json={"notes": "n"}), 409, "slot-withdrawn")


async def test_a_released_slot_says_how_many_bookings_were_cancelled(api: httpx.AsyncClient) -> None:
    ident = await post_slot(api, seats=2)
    booked = [await book(api, ident), await book(api, ident)]
    released = await api.post(f"{PATH}{ident}/release_slot/", json={"reason": "The room is closed."})
    assert released.status_code == 200
    assert released.json() == {"slot": await ok(api, f"{PATH}{ident}/"), "cancelled": 2}
    assert released.json()["slot"]["taken"] == 0
    for schedule in booked:
        assert (await ok(api, f"/api/interviews/schedules/{schedule}/"))["state"] == "cancelled"
    assert (await api.post(f"{PATH}{ident}/release_slot/")).json()["cancelled"] == 0
    problem(await api.post(f"{PATH}{ident}/release_slot/", json={"reason": "\x00"}), 400, "bad-input", "reason")
    await book(api, ident)


async def test_a_slot_with_an_interview_in_progress_is_neither_released_nor_withdrawn(api: httpx.AsyncClient) -> None:
    ident = await post_slot(api, starts_at=soon(0.1))
    schedule = await ok(api, f"/api/interviews/schedules/{await book(api, ident)}/")
    assert (await sessions.enter(UUID(schedule["session"]["id"]), 1)).entered_at
    problem(await api.post(f"{PATH}{ident}/release_slot/"), 409, "interview-in-progress")
    problem(await api.delete(f"{PATH}{ident}/?cancel=true"), 409, "interview-in-progress")
    assert (await ok(api, f"{PATH}{ident}/"))["taken"] == 1


async def test_a_viewer_changes_no_slot(api: httpx.AsyncClient) -> None:
    path = f"{PATH}{await post_slot(api)}/"
    viewer = await as_role(api, Role.VIEWER)
    for refused in (
        await viewer.patch(path, json={"seats": 2}),
        await viewer.delete(path),
        await viewer.post(f"{path}release_slot/"),
    ):
        problem(refused, 403, "not-allowed")
