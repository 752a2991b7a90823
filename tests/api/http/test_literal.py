import httpx

from api.clients import problem


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


async def test_a_value_of_another_kind_is_refused_in_plain_words(api: httpx.AsyncClient) -> None:
    for query, message in (
        ("limit=many", "must be a whole number"),
        ("limit=1.5", "must be a whole number"),
        ("min_minutes=an+hour", "must be a whole number"),
        ("available=yes", "must be true or false"),
        ("job=1", "must be an ID, such as 01940d2e-3f5a-7c6b-8d9e-0a1b2c3d4e5f"),
        ("from=tomorrow", "must be a time with a UTC offset, such as 2026-12-01T10:00:00+05:30"),
    ):
        refused = await api.get(f"/api/interviews/slots/?{query}")
        problem(refused, 400, "bad-input", query.partition("=")[0])
        assert [wrong["message"] for wrong in refused.json()["errors"]] == [message]
    for query, part in (("limit=0", ">= 1"), ("limit=201", "<= 200")):
        refused = await api.get(f"/api/interviews/slots/?{query}")
        assert part in refused.json()["errors"][0]["message"]
