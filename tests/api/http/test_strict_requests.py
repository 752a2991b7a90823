import json

import httpx

from api.clients import NOWHERE, problem
from factories import candidate_fields, job_fields, post_slot, rows
from processes import Server, environment

JSON = {"Content-Type": "application/json"}


QUERIES = [
    ("x=1", ["x"]),
    ("x=1&x=2&y", ["x", "y"]),
    ("Limit=5", ["Limit"]),
    ("limit=5&limit=6", ["limit"]),
    ("limit=", ["limit"]),
    ("limit", ["limit"]),
    ("=5", ["query"]),
    ("limit=5&after=&x=1", ["after", "x"]),
    ("limit=five", ["limit"]),
    ("limit=0", ["limit"]),
    ("limit=201", ["limit"]),
    ("limit=" + "9" * 40, ["limit"]),
    ("limit=" + "9" * 4000, ["limit"]),
    ("limit=-1", ["limit"]),
    ("after=me", ["after"]),
    ("available=perhaps", ["available"]),
    ("from=tomorrow", ["from"]),
    ("from=2026-12-01T10:00:00", ["from"]),
    ("interviewer=a%00b", ["interviewer"]),
    ("limit=%zz", ["query"]),
    ("limit=5%", ["query"]),
    ("interviewer=%ff", ["query"]),
    ("x" * 300 + "=1", ["x" * 100]),
]


async def test_a_query_that_would_be_half_understood_is_refused(api: httpx.AsyncClient) -> None:
    for query, fields in QUERIES:
        answer = await api.get(httpx.URL("/api/interviews/slots/").copy_with(query=query.encode()))
        problem(answer, 400, "bad-input", *fields)


async def test_a_query_in_good_order_is_understood_and_paths_without_parameters_take_none(
    api: httpx.AsyncClient,
) -> None:
    slot = await post_slot(api, interviewer_email="a+b@example.com")
    query = "limit=5&available=true&interviewer=a%2Bb%40example.com&from=2026-01-01T10:00:00%2B05:30&&"
    answer = await api.get(f"/api/interviews/slots/?{query}")
    assert [item["id"] for item in answer.json()["items"]] == [slot]
    problem(await api.get(f"/api/interviews/slots/{slot}/?verbose=1"), 400, "bad-input", "verbose")
    problem(await api.post("/api/jobs/?dry_run=true", json=job_fields()), 400, "bad-input", "dry_run")
    assert await rows("job") == []


DEEP = '{"title":' + "[" * 3000 + "]" * 3000 + "}"


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
    (b'{"title":"\\ud800","company":"c"}', []),
    (DEEP.encode(), []),
    (b"{}", ["title"]),
    (b'{"title":null,"company":"c"}', ["title"]),
    (b'{"title":7,"company":"c"}', ["title"]),
    (b'{"title":" ","company":"c"}', ["title"]),
    (b'{"title":"t","company":"c","salary":1}', ["salary"]),
    (b'{"title":"t","title":"u","company":"c"}', ["title"]),
    (b'{"title":"a\\u0000b","company":"c"}', ["title"]),
    (b'{"title":"t","company":"c","coding_language":"\\u0000"}', ["coding_language"]),
    (b'{"title":"t","company":"c","questions":["a","\\u0000"]}', ["questions"]),
    (b'{"title":"t","company":"c","\\u0000":1}', ["body"]),
    (b'["\\u0000"]', ["body"]),
    (b'{"title":"t","company":"c","questions":[["a",{"b":"\\u0000"}]]}', ["questions.b"]),
]


async def test_a_body_that_would_be_half_understood_is_refused(api: httpx.AsyncClient) -> None:
    for body, fields in BODIES:
        found = problem(await api.post("/api/jobs/", content=body, headers=JSON), 400, "bad-input", *fields)
        assert not found["detail"].startswith("data")
    assert await rows("job") == []


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
        (b'{"message_id":"\\ud800"}', ["body"]),
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


NOWHERE_TO_GO = [
    ("GET", "/api", 404),
    ("GET", "/api/nothing/", 404),
    ("GET", "/api/jobs/7/", 404),
    ("GET", "/api/jobs/%ff/", 404),
    ("GET", "/api/jobs/%00/", 404),
    ("GET", "/api/jobs/%zz/", 404),
    ("GET", f"/api/jobs/{NOWHERE}x/", 404),
    ("GET", f"/api/jobs/{NOWHERE}/", 404),
    ("GET", "/health/nothing", 404),
    ("GET", "/schema/nothing", 404),
    ("GET", "/docs/nothing", 404),
    ("PUT", "/api/jobs/", 405),
    ("TRACE", "/api/jobs/", 405),
    ("BREW", "/api/jobs/", 405),
    ("POST", "/health/live", 405),
    ("POST", "/schema/openapi.json", 405),
    ("POST", "/docs", 405),
]


async def test_what_leads_nowhere_is_a_problem(api: httpx.AsyncClient) -> None:
    for method, path, status in NOWHERE_TO_GO:
        answer = await api.request(method, path)
        problem(answer, status, {404: "not-found", 405: "method-not-allowed"}[status])
        assert (status == 405) is ("allow" in answer.headers)


async def test_a_real_server_answers_odd_requests_with_problems_too(database_url: str) -> None:
    with Server(environment(database_url)) as server:
        url = server.url
        async with httpx.AsyncClient(base_url=url) as client:
            for method, path, status in (
                ("GET", "/api/nothing/", 404),
                ("GET", "/api/jobs/%ff/", 404),
                ("GET", "/api/%00", 404),
                ("HEAD", "/health/live", 200),
                ("HEAD", "/api/jobs/", 401),
                ("PUT", "/api/jobs/", 405),
                ("GET", "/api/jobs/?limit=%zz", 401),
            ):
                answer = await client.request(method, path)
                assert answer.status_code == status, (method, path)
                if method != "HEAD":
                    assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["x-request-id"] == answer.headers["traceresponse"].split("-")[1]
