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
