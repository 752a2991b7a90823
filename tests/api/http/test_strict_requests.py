import httpx

from api.clients import NOWHERE, problem
from factories import job_fields, post_slot, rows
from processes import Server, environment

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


async def test_all_that_is_wrong_with_a_query_is_said_at_once(api: httpx.AsyncClient) -> None:
    query = "limit=five&statee=x&state=lost&since=yesterday&colour=red&limit=6&after=me"
    answer = await api.get(f"/api/notifications/deliveries/?{query}")
    fields = ("limit", "statee", "state", "since", "colour", "limit", "after")
    said = [wrong["message"] for wrong in problem(answer, 400, "bad-input", *fields)["errors"]]
    assert said[2].startswith("must be one of pending, ")
    for path, parameter, values in (
        ("/api/notifications/alerts/", "state", "unheard, heard, acknowledged or over"),
        ("/api/interviews/", "state", "interview"),
        ("/api/interviews/schedules/", "invitation_state", "at_risk"),
        ("/api/audit/", "action", "key_created"),
    ):
        found = problem(await api.get(f"{path}?{parameter}=lost"), 400, "bad-input", parameter)
        assert found["errors"][0]["message"].startswith("must be one of "), found
        assert values in found["errors"][0]["message"] or parameter != "state" or path != "/api/notifications/alerts/"


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
                if not path.startswith("/health/"):  # which is not traced
                    assert answer.headers["x-request-id"] == answer.headers["traceresponse"].split("-")[1]
