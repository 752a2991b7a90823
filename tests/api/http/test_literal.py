import httpx

from api.clients import problem
from factories import candidate_fields, job_fields, post_slot

BODIES = [
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
]


async def test_a_value_of_another_type_is_refused_by_its_field(api: httpx.AsyncClient) -> None:
    slot = await post_slot(api)
    before = (await api.get(f"/api/interviews/slots/{slot}/")).json()
    for body, field in BODIES:
        problem(await api.patch(f"/api/interviews/slots/{slot}/", json=body), 400, "bad-input", field)
    assert (await api.get(f"/api/interviews/slots/{slot}/")).json() == before
    for text in ("null", "[]", "0"):
        path, headers = f"/api/interviews/slots/{slot}/release_slot/", {"Content-Type": "application/json"}
        problem(await api.post(path, content=text, headers=headers), 400, "bad-input", "body")
    nested = {"candidate": candidate_fields(full_name=7), "job": job_fields()}
    problem(await api.post("/api/interviews/", json=nested), 400, "bad-input", "candidate.full_name")
    listed = job_fields(questions=["Why?", 7])
    problem(await api.post("/api/jobs/", json=listed), 400, "bad-input", "questions[1]")


async def test_what_a_query_means_is_said_in_full(api: httpx.AsyncClient) -> None:
    for query, field in (
        ("available=null", "available"),
        ("job=NULL", "job"),
        ("after=null", "after"),
        ("from=null", "from"),
        ("to=0", "to"),
        ("from=1796101200.5", "from"),
    ):
        problem(await api.get(f"/api/interviews/slots/?{query}"), 400, "bad-input", field)
    assert (await api.get("/api/interviews/slots/?interviewer=null")).status_code == 200
    assert (await api.get("/api/interviews/slots/?available=true&limit=5")).status_code == 200
