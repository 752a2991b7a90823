import json

import httpx

from api.clients import NOWHERE, problem
from factories import candidate_fields, job_fields, post_slot, rows

JSON = {"Content-Type": "application/json"}


BODIES: list[tuple[bytes, list[str]]] = [
    (b"", ["body"]),
    (b"null", ["body"]),
    (b"[]", ["body"]),
    (b'[{"title":"t","company":"c"}]', ["body"]),
    (b'"title"', ["body"]),
    (b"7", ["body"]),
    (b"{", ["body"]),
    (b"{'title':'t'}", ["body"]),
    (b'{"title":"t","company":"c"} {}', ["body"]),
    (b'{"title":"t","company":"c",}', ["body"]),
    (b'{"title":NaN,"company":"c"}', ["title"]),
    (b'{"title":"\xff","company":"c"}', ["body"]),
    ('{"title":"t","company":"c"}'.encode("utf-16"), ["body"]),
    (b'{"title":"\\ud800","company":"c"}', ["title"]),
    (b'{"title":"t","company":"c","\\ud800":1}', ["?"]),
    (b"{}", ["title", "company"]),
    (b'{"title":null,"company":"c"}', ["title"]),
    (b'{"title":7,"company":"c"}', ["title"]),
    (b'{"title":" ","company":"c"}', ["title"]),
    (b'{"title":"t","company":"c","salary":1}', ["salary"]),
    (b'{"title":"t","title":"u","company":"c"}', ["title"]),
    (b'{"title":"a\\u0000b","company":"c"}', ["title"]),
    (b'{"title":"t","company":"c","coding_language":"\\u0000"}', ["coding_language"]),
    (b'{"title":"t","company":"c","questions":["a","\\u0000"]}', ["questions[1]"]),
    (b'{"title":"t","company":"c","\\u0000":1}', ["body"]),
    (b'["\\u0000"]', ["body"]),
    (b'{"title":"t","company":"c","questions":[["a",{"b":"\\u0000"}]]}', ["questions[0][1].b", "questions[0]"]),
    (b'{"title":"t","title":7,"company":"c"}', ["title"]),
    (b'{"salary":1,"salary":2,"title":" ","wage":{"a":1,"a":1}}', ["salary", "wage.a", "wage", "title", "company"]),
]


async def test_a_body_that_would_be_half_understood_is_refused(api: httpx.AsyncClient) -> None:
    for body, fields in BODIES:
        found = problem(await api.post("/api/jobs/", content=body, headers=JSON), 400, "bad-input", *fields)
        assert not found["detail"].startswith("data")
    assert await rows("job") == []


async def test_a_body_that_is_nested_deeply_is_refused(api: httpx.AsyncClient) -> None:
    for depth in (3_000, 300_000):
        body = '{"title":' + "[" * depth + "]" * depth + ',"company":"c"}'
        answer = await api.post("/api/jobs/", content=body, headers=JSON)
        named = ["title"] if "errors" in answer.json() else []  # it is the interpreter that may not come so far
        problem(answer, 400, "bad-input", *named)


async def test_all_that_is_wrong_with_a_body_is_said_at_once(api: httpx.AsyncClient) -> None:
    person = '{"full_name":"","email":"a@example.com","email":"b@example.com","phone":"\\u0000","age":40}'
    body = f'{{"candidate":{person},"job":{{"title":"Welder","questions":["Why?",7]}},"round":0,"room":1,"room":2}}'
    answer = await api.post("/api/interviews/", content=body, headers=JSON)
    found = problem(
        answer,
        400,
        "bad-input",
        "room",
        "candidate.email",
        "candidate.phone",
        "candidate.age",
        "candidate.full_name",
        "job.company",
        "job.questions[1]",
        "round",
    )
    said = {wrong["field"]: wrong["message"] for wrong in found["errors"]}
    assert said["room"] == said["candidate.email"] == "must be given only once"
    assert said["candidate.age"] == "is not a known field"
    assert said["job.company"] == "is required"
    assert said["round"] == "Expected `int` >= 1"
    assert found["detail"] == "; ".join(f"{field}: {message}" for field, message in said.items())


async def test_of_very_many_faults_the_first_hundred_are_named(api: httpx.AsyncClient) -> None:
    body = job_fields() | {f"member{number}": number for number in range(5_000)}
    found = problem(await api.post("/api/jobs/", json=body), 400, "bad-input", *(f"member{n}" for n in range(100)))
    assert len(found["detail"]) < 10_000


async def test_a_number_out_of_all_bounds_names_its_field(api: httpx.AsyncClient) -> None:
    for number in ("9" * 25, "9" * 5000, "1e400", "-1", "1.5", "0"):
        body = f'{{"candidate":"{NOWHERE}","job":"{NOWHERE}","round":{number}}}'.encode()
        problem(await api.post("/api/interviews/", content=body, headers=JSON), 400, "bad-input", "round")


async def test_members_are_checked_in_objects_inside_too(api: httpx.AsyncClient) -> None:
    person = json.dumps(candidate_fields())[:-1]
    body = f'{{"candidate":{person},"full_name":"Another"}},"job":{json.dumps(job_fields())}}}'
    problem(await api.post("/api/interviews/", content=body, headers=JSON), 400, "bad-input", "candidate.full_name")
    body = f'{{"candidate":{person},"phone":"\\u0000"}},"job":{json.dumps(job_fields())}}}'
    problem(await api.post("/api/interviews/", content=body, headers=JSON), 400, "bad-input", "candidate.phone")


async def test_a_bounce_is_read_as_strictly(api: httpx.AsyncClient) -> None:
    for body, fields in (
        (b'{"message_id":"\xff"}', ["body"]),
        (b'{"message_id":"\\ud800"}', ["message_id"]),
        (b'{"action":"\\ud800","secret":1}', ["action", "secret", "message_id"]),
        (b"", ["body"]),
        (b'{"message_id":"a","message_id":"b"}', ["message_id"]),
        (b'{"message_id":"a","diagnostic":"\\u0000"}', ["diagnostic"]),
        (b"[" * 5000, ["body"]),
    ):
        answer = await api.post("/api/notifications/bounces/", content=body, headers=JSON)
        assert problem(answer, 400, "bad-input", *([] if body[:2] == b"[[" else fields))
    packed = await api.post("/api/notifications/bounces/", json={}, headers={"Content-Encoding": "gzip"})
    problem(packed, 415, "unsupported-media-type")


async def test_a_body_where_none_is_taken_is_refused(api: httpx.AsyncClient) -> None:
    path = f"/api/notifications/deliveries/{NOWHERE}/replay/"
    problem(await api.post(path, json={"dry_run": True}), 400, "bad-input", "dry_run")
    problem(await api.post(path, json={}), 404, "not-found")
    problem(await api.post(path), 404, "not-found")


NO_JSON = [
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "application/json", "Content-Encoding": "gzip"},
]


async def test_a_body_that_says_it_is_no_json_is_refused(api: httpx.AsyncClient) -> None:
    body = json.dumps(job_fields())
    for headers in NO_JSON:
        problem(await api.post("/api/jobs/", content=body, headers=headers), 415, "unsupported-media-type")
    for kind in ("application/json; charset=UTF-8", "application/vnd.acme+json", "APPLICATION/JSON"):
        assert (await api.post("/api/jobs/", content=body, headers={"Content-Type": kind})).is_success
    assert (await api.post("/api/jobs/", content=body)).is_success


MISFITS = [
    ({"seats": "3"}, "seats"),
    ({"seats": "three"}, "seats"),
    ({"seats": True}, "seats"),
    ({"seats": None}, "seats"),
    ({"notes": 5}, "notes"),
    ({"ends_at": 0}, "ends_at"),
    ({"starts_at": 4102444800.5}, "starts_at"),
    ({"job": 5}, "job"),
    ([], "body"),
    ("text", "body"),
    ({"starts_at": "3"}, "starts_at"),
]


async def test_a_value_of_another_type_is_refused_by_its_field(api: httpx.AsyncClient) -> None:
    slot = await post_slot(api)
    before = (await api.get(f"/api/interviews/slots/{slot}/")).json()
    for body, field in MISFITS:
        problem(await api.patch(f"/api/interviews/slots/{slot}/", json=body), 400, "bad-input", field)
    assert (await api.get(f"/api/interviews/slots/{slot}/")).json() == before
    for text in ("null", "[]", "0"):
        path, headers = f"/api/interviews/slots/{slot}/release_slot/", {"Content-Type": "application/json"}
        problem(await api.post(path, content=text, headers=headers), 400, "bad-input", "body")
    nested = {"candidate": candidate_fields(full_name=7), "job": job_fields()}
    problem(await api.post("/api/interviews/", json=nested), 400, "bad-input", "candidate.full_name")
    listed = job_fields(questions=["Why?", 7])
    problem(await api.post("/api/jobs/", json=listed), 400, "bad-input", "questions[1]")


async def test_every_value_that_may_be_chosen_is_named_and_every_unknown_field(api: httpx.AsyncClient) -> None:
    roles = "must be one of viewer, recruiter or admin"
    for value in ('"owner"', "7", "null", "[]", '""', '"Viewer"'):
        body = f'{{"name":"n","role":{value},"rolle":1,"colour":"red"}}'
        found = problem(
            await api.post("/api/keys/", content=body, headers=JSON), 400, "bad-input", "rolle", "colour", "role"
        )
        said = {wrong["field"]: wrong["message"] for wrong in found["errors"]}
        assert said["role"] == roles
        assert said["colour"] == "is not a known field"
        assert said["rolle"] == "is not a known field; did you mean role?"
    replay = await api.post("/api/notifications/deliveries/replay/", json={"state": "lost", "statee": "x"})
    states = "must be one of pending, sent, rejected, failed, superseded or bounced"
    found = problem(replay, 400, "bad-input", "statee", "state")
    assert {wrong["message"].split(" ")[0] for wrong in found["errors"]} == {"is", "must"}
    assert "must be one of pending, " in str(found["errors"]), states


async def test_every_item_of_a_list_is_judged(api: httpx.AsyncClient) -> None:
    body = job_fields() | {"questions": ["one", 2, "three", None]}
    problem(await api.post("/api/jobs/", json=body), 400, "bad-input", "questions[1]", "questions[3]")
