from typing import Any

import httpx

from api.clients import NOWHERE, count, ok, problem
from factories import job_fields

PATH = "/api/jobs/"
WHOLE = {
    "title": "Baker",
    "company": "Example Labs",
    "description": "Bread.",
    "coding_language": "python",
    "recruiter_email": "rita@example.com",
    "questions": ["Why?", "How?"],
}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": "  "}, "title"),
    ({"title": "t" * 201}, "title"),
    ({"title": "t\x00"}, "title"),
    ({"company": " "}, "company"),
    ({"company": 3}, "company"),
    ({"description": "d" * 20_001}, "description"),
    ({"coding_language": "c" * 2_001}, "coding_language"),
    ({"coding_language": None}, "coding_language"),
    ({"coding_language": "klingon"}, "coding_language"),
    ({"company": "\u2800"}, "company"),
    ({"title": "Bak\u200ber"}, "title"),
    ({"recruiter_email": "rita"}, "recruiter_email"),
    ({"recruiter_email": "rita@example.com\n"}, "recruiter_email"),
    ({"questions": "Why?"}, "questions"),
    ({"questions": ["?"] * 101}, "questions"),
    ({"questions": ["a\x00"]}, "questions[0]"),
    ({"salary": 1}, "salary"),
]


async def test_a_job_is_stored_and_shown(api: httpx.AsyncClient) -> None:
    created = await api.post(PATH, json=WHOLE)
    assert created.status_code == 201
    body = created.json()
    assert {name: body[name] for name in WHOLE} == WHOLE
    assert body["created_at"].endswith("+05:30")
    assert created.headers["location"] == f"/api/jobs/{body['id']}/"
    assert await ok(api, created.headers["location"]) == body


async def test_a_title_at_a_company_is_one_job_ignoring_case(api: httpx.AsyncClient) -> None:
    first = (await api.post(PATH, json=WHOLE)).json()
    again = await api.post(PATH, json={"title": "BAKER", "company": "example labs"})
    assert (again.status_code, again.json()) == (200, first)
    other = await api.post(PATH, json={**WHOLE, "questions": [], "recruiter_email": None})
    assert problem(other, 409, "differs-from-known")["fields"] == ["recruiter_email", "questions"]
    assert (await api.post(PATH, json={**WHOLE, "company": "Another"})).status_code == 201


async def test_each_bad_field_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    for fields, field in BAD:
        problem(await api.post(PATH, json=job_fields(**fields)), 400, "bad-input", field)
    deep = await api.post(PATH, json=job_fields(questions=["fine", 7]))
    assert deep.status_code == 400
    assert deep.json()["errors"][0]["field"].startswith("questions")
    assert await count(api, PATH) == 0


async def test_an_unknown_job_is_not_found(api: httpx.AsyncClient) -> None:
    body = problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")
    assert body["detail"] == f"There is no job with the ID {NOWHERE}."


async def test_a_patch_changes_what_is_given_and_answers_the_job(api: httpx.AsyncClient) -> None:
    before = (await api.post(PATH, json=WHOLE)).json()
    path = f"{PATH}{before['id']}/"
    changes = {"questions": ["When?"], "recruiter_email": None, "description": "Bread."}
    changed = await api.patch(path, json=changes)
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**before, **changes}
    assert await ok(api, path) == changed.json()
    assert (await api.patch(path, json={})).json() == changed.json()
    entries = (await ok(api, f"/api/audit/?subject={before['id']}"))["items"]
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("job.changed", {"fields": ["questions", "recruiter_email"]}),
        ("job.created", {}),
    ]


async def test_each_bad_patch_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    before = (await api.post(PATH, json=WHOLE)).json()
    path = f"{PATH}{before['id']}/"
    for fields, field in [*BAD[::3], ({"title": None}, "title"), ({"created_at": "now"}, "created_at")]:
        problem(await api.patch(path, json=fields), 400, "bad-input", field)
    problem(await api.patch(f"{PATH}{NOWHERE}/", json={"title": "Cook"}), 404, "not-found")
    await api.post(PATH, json={**WHOLE, "title": "Cook"})
    problem(await api.patch(path, json={"title": "COOK"}), 409, "job-taken")
    etag = (await api.get(path)).headers["etag"]
    assert (await api.patch(path, json={"description": "Cake"}, headers={"If-Match": etag})).status_code == 200
    problem(await api.patch(path, json={"description": "Pie"}, headers={"If-Match": etag}), 412, "changed-since")
    assert (await ok(api, path))["description"] == "Cake"


async def test_jobs_are_found_by_title_and_company_ignoring_case(api: httpx.AsyncClient) -> None:
    for title, company in (("Baker", "One"), ("Cook", "One"), ("Baker", "Two")):
        await api.post(PATH, json={"title": title, "company": company})
    assert await count(api, f"{PATH}?title=BAKER") == await count(api, f"{PATH}?company=one") == 2
    assert await count(api, f"{PATH}?company=ONE&title=cook") == 1
    assert await count(api, f"{PATH}?title=Bake") == 0


async def test_a_coding_language_in_another_spelling_is_the_same(api: httpx.AsyncClient) -> None:
    first = await api.post(PATH, json=job_fields(coding_language="C#"))
    assert (first.status_code, first.json()["coding_language"]) == (201, "csharp")
    again = await api.post(PATH, json=job_fields(coding_language="CSharp"))
    assert (again.status_code, again.json()) == (200, first.json())
    changed = await api.patch(first.headers["location"], json={"coding_language": "Golang"})
    assert changed.json()["coding_language"] == "go"
    bad = await api.patch(first.headers["location"], json={"coding_language": "klingon"})
    assert "python" in problem(bad, 400, "bad-input", "coding_language")["detail"]
