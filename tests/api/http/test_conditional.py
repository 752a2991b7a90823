import httpx
import pytest
from litestar import Litestar, Router, get
from litestar.response import Stream

from api.clients import NOWHERE, as_role, ok, problem
from api.factories import post_booking
from factories import job_fields, post_interview, post_slot
from hireloop import app
from hireloop.access.roles import READS
from hireloop.access.tables import Role
from hireloop.api.http.authentication import require_role
from hireloop.api.http.conditional import Conditional
from hireloop.settings import Settings


@get("/", opt=READS)
async def stream() -> Stream:
    """Has no length."""
    return Stream(iter(["a", "b"]))


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    extra = Router("/api/stream", route_handlers=[stream], guards=[require_role], middleware=[Conditional])
    return app.build(settings, extra_routes=[extra])


async def paths(api: httpx.AsyncClient) -> list[str]:
    slot, interview = await post_slot(api), await post_interview(api)
    booked = await post_booking(api, interview, slot)
    return [
        "/api/jobs/",
        "/api/candidates/",
        "/api/keys/",
        "/api/interviews/",
        "/api/interviews/slots/",
        "/api/interviews/schedules/",
        "/api/notifications/deliveries/",
        "/api/notifications/ledger/",
        "/api/notifications/channels/",
        f"/api/interviews/{interview}/",
        f"/api/interviews/slots/{slot}/",
        f"/api/interviews/schedules/{booked['id']}/",
        f"/api/interviews/sessions/{booked['session']['id']}/",
    ]


async def test_every_read_has_a_tag_by_which_it_is_not_sent_again_and_a_head(api: httpx.AsyncClient) -> None:
    for path in await paths(api):
        full = await api.get(path)
        etag = full.headers["etag"]
        assert (full.status_code, etag[0], etag[-1]) == (200, '"', '"'), path
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            same = await api.get(path, headers={"If-None-Match": known})
            assert (same.status_code, same.content) == (304, b""), path
            assert "content-length" not in same.headers
            for header in ("etag", "cache-control", "vary"):
                assert same.headers[header] == full.headers[header]
        assert (await api.get(path, headers={"If-None-Match": '"other"'})).content == full.content
        head = await api.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert {**head.headers, "x-request-id": ""} == {**full.headers, "x-request-id": ""}
        assert (await api.head(path, headers={"If-None-Match": etag})).status_code == 304


async def test_a_change_changes_the_tags_of_the_thing_and_of_its_list(api: httpx.AsyncClient) -> None:
    made = (await api.post("/api/jobs/", json=job_fields())).json()
    one, every = f"/api/jobs/{made['id']}/", "/api/jobs/"
    tags = {path: (await api.get(path)).headers["etag"] for path in (one, every)}
    await api.post("/api/jobs/", json=job_fields(title="Another"))
    assert (await api.get(one, headers={"If-None-Match": tags[one]})).status_code == 304
    assert (await api.get(every, headers={"If-None-Match": tags[every]})).status_code == 200


async def test_nobody_keeps_an_answer_for_others_and_nothing_keeps_a_link(api: httpx.AsyncClient) -> None:
    listed = await paths(api)
    secret = [path for path in listed if "session_key" in str(await ok(api, path))]
    assert len(secret) == 4
    for path in listed:
        answer = await api.get(path)
        assert answer.headers["cache-control"] == "no-store", path
        assert "Authorization" in answer.headers["vary"]
    tag = (await api.get(secret[0])).headers["etag"]
    await as_role(api, Role.VIEWER)
    for path in secret:
        answer = await api.get(path)
        assert answer.headers["cache-control"] == "no-store"
    assert (await api.get(secret[0], headers={"If-None-Match": tag})).status_code == 200


async def test_what_is_no_fresh_read_has_no_tag(api: httpx.AsyncClient) -> None:
    missing = await api.get(f"/api/jobs/{NOWHERE}/", headers={"If-None-Match": "*"})
    problem(missing, 404, "not-found")
    made = await api.post("/api/jobs/", json=job_fields(), headers={"If-None-Match": "*"})
    assert made.status_code == 201
    streamed = await api.get("/api/stream/", headers={"If-None-Match": "*"})
    assert (streamed.status_code, streamed.text) == (200, "ab")
    for answer in (missing, made, streamed):
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


async def test_the_tag_of_a_read_is_the_one_that_a_change_is_checked_against(api: httpx.AsyncClient) -> None:
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    interview = await post_interview(api)
    candidate = (await ok(api, f"/api/interviews/{interview}/"))["candidate"]
    for path, change, another in (
        (f"/api/jobs/{job}/", {"description": "one"}, {"description": "two"}),
        (f"/api/interviews/slots/{await post_slot(api)}/", {"notes": "one"}, {"notes": "two"}),
        (f"/api/candidates/{candidate}/", {"phone": "+49 30 1234567"}, {"phone": "+49 30 1234568"}),
        (f"/api/interviews/{interview}/", {"round": 2}, {"round": 3}),
    ):
        tag = (await api.get(path)).headers["etag"]
        changed = await api.patch(path, json=change, headers={"If-Match": tag})
        assert changed.status_code == 200, changed.text
        problem(await api.patch(path, json=another, headers={"If-Match": tag}), 412, "changed-since")
        assert (await api.get(path, headers={"If-None-Match": tag})).status_code == 200


def as_proxies_write(tag: str) -> list[str]:
    """Return what nginx, Apache, Jetty and others make of a tag when they compress what it is of."""
    bare = tag.strip('"')
    forms = [f"{bare}{suffix}" for suffix in ("-gzip", ";gzip", "--gzip", "-br", ";br", "--zstd", ":deflate", "+gzip")]
    forms += [f"{bare}{suffix}" for suffix in ("-gzip-gzip", "-br-gzip", "-x-gzip", ",gzip", ".gz", "_br", "/gzip")]
    return [f"W/{tag}", *(f'"{one}"' for one in forms), f'W/"{bare}-gzip"', f'"other", W/"{bare};gzip"']


async def test_a_tag_is_taken_as_a_proxy_has_changed_it(api: httpx.AsyncClient) -> None:
    path = f"/api/jobs/{(await api.post('/api/jobs/', json=job_fields())).json()['id']}/"
    old = (await api.get(path)).headers["etag"]
    for number in range(len(as_proxies_write(old))):
        form = as_proxies_write((await api.get(path)).headers["etag"])[number]
        assert (await api.get(path, headers={"If-None-Match": form})).status_code == 304, form
        assert (await api.get(path, headers={"If-Match": form})).status_code == 200, form
        change = {"description": f"change {number}"}
        changed = await api.patch(path, json=change, headers={"If-Match": form})
        assert changed.status_code == 200, form
        problem(await api.patch(path, json={"description": "x"}, headers={"If-Match": form}), 412, "changed-since")
    for other in (f'"{old.strip(chr(34))}x-gzip"', '"-gzip"', f"{old}-gzip".replace('"', ""), '"', ""):
        problem(await api.patch(path, json={"description": "x"}, headers={"If-Match": other}), 412, "changed-since")


async def test_a_read_of_another_version_than_the_one_asked_for_is_refused(api: httpx.AsyncClient) -> None:
    for path in await paths(api):
        for method in ("GET", "HEAD"):
            answer = await api.request(method, path, headers={"If-Match": '"another"'})
            assert answer.status_code == 412, path
        problem(await api.get(path, headers={"If-Match": '"another"', "If-None-Match": "*"}), 412, "changed-since")
        assert (await api.get(path, headers={"If-Match": "*"})).status_code == 200
    problem(await api.get(f"/api/jobs/{NOWHERE}/", headers={"If-Match": '"another"'}), 404, "not-found")


async def test_an_edit_takes_every_line_of_the_header(api: httpx.AsyncClient) -> None:
    path = f"/api/jobs/{(await api.post('/api/jobs/', json=job_fields())).json()['id']}/"
    tag = (await api.get(path)).headers["etag"]
    lines = [("If-Match", '"other"'), ("If-Match", tag), ("Authorization", api.headers["Authorization"])]
    request = httpx.Request("PATCH", f"https://hire.example{path}", json={"description": "one"}, headers=lines)
    assert (await api.send(request)).status_code == 200


async def test_nothing_is_deleted_that_has_changed_since(api: httpx.AsyncClient) -> None:
    interview = await post_interview(api)
    candidate = f"/api/candidates/{(await ok(api, f'/api/interviews/{interview}/'))['candidate']}/"
    key = f"/api/keys/{(await api.post('/api/keys/', json={'name': 'n', 'role': 'viewer'})).json()['id']}/"
    slot = f"/api/interviews/slots/{await post_slot(api)}/"
    for path, status in ((candidate, 204), (key, 200), (slot, 200)):
        problem(await api.delete(path, headers={"If-Match": '"older"'}), 412, "changed-since")
        tag = (await api.get(path)).headers["etag"]
        assert (await api.delete(path, headers={"If-Match": tag})).status_code == status


@pytest.mark.parametrize("tag", ["", '"older"'])
async def test_what_is_wrong_with_a_change_is_said_before_its_precondition(api: httpx.AsyncClient, tag: str) -> None:
    """RFC 9110, 13.2.1: a request that would be refused without its preconditions is refused for that."""
    person = (await api.post("/api/candidates/", json={"full_name": "Asha Rao", "email": "asha@example.com"})).json()
    job = (await api.post("/api/jobs/", json=job_fields())).json()
    for path, change in (
        (f"/api/candidates/{person['id']}/", {"email": "AAA"}),
        (f"/api/jobs/{job['id']}/", {"recruiter_email": "AAA"}),
        (f"/api/interviews/slots/{await post_slot(api)}/", {"interviewer_email": "AAA"}),
    ):
        answer = await api.patch(path, json=change, headers={"If-Match": tag})
        problem(answer, 400, "bad-input", *change)
