"""OPTIONS and 405 say the same of a path, HEAD is wherever GET is, and PATCH says what it takes."""

from collections.abc import Iterator

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.clients import NOWHERE, problem
from factories import job_fields

PATCHES = "application/json, application/merge-patch+json"


def every_path(application: Litestar) -> Iterator[tuple[str, set[str]]]:
    """Yield every path with some ids in it, and the methods of its handlers."""
    found: dict[str, set[str]] = {}
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            path = "/" + "/".join(NOWHERE if not isinstance(one, str) else one for one in route.path_components)
            found.setdefault(path, set()).update(route.methods)
    yield from found.items()


async def test_options_and_405_name_the_same_methods_at_every_path(
    api: httpx.AsyncClient, application: Litestar
) -> None:
    tried = 0
    for path, methods in every_path(application):
        expected = methods | ({"HEAD"} if "GET" in methods else set())
        refused = await api.request("TRACE", path)
        assert refused.status_code == 405, path
        assert refused.headers["allow"] == ", ".join(sorted(expected)), path
        assert refused.headers.get_list("allow") == [refused.headers["allow"]]
        options = await api.options(path)
        if options.status_code == 303:  # the console leads to its sign-in
            continue
        assert options.status_code == 204, path
        assert options.headers["allow"] == refused.headers["allow"], path
        assert options.content == b""
        for answer in (options, refused):
            assert answer.headers.get("accept-patch") == (PATCHES if "PATCH" in methods else None), path
        tried += 1
    assert tried > 40


async def test_head_is_wherever_get_is(api: httpx.AsyncClient, application: Litestar) -> None:
    for path, methods in every_path(application):
        if "GET" in methods:
            head, full = await api.head(path), await api.get(path)
            assert head.status_code == full.status_code, path
            assert head.content == b""
            assert head.headers.get("content-type") == full.headers.get("content-type"), path


async def test_a_patch_is_a_merge_patch_under_either_name_and_nothing_else(api: httpx.AsyncClient) -> None:
    path = f"/api/jobs/{(await api.post('/api/jobs/', json=job_fields())).json()['id']}/"
    taken = ("application/json", "application/merge-patch+json", "application/json; charset=utf-8", "APPLICATION/JSON")
    for kind in taken:
        answer = await api.patch(path, content=b'{"description":"x"}', headers={"Content-Type": kind})
        assert answer.status_code == 200, kind
    for kind in (
        "application/json-patch+json",
        "application/vnd.api+json",
        "application/problem+json",
        "text/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json-seq",
    ):
        for body in (b'{"description":"y"}', b'[{"op":"replace","path":"/description","value":"y"}]'):
            refused = await api.patch(path, content=body, headers={"Content-Type": kind})
            problem(refused, 415, "unsupported-media-type")
            assert refused.headers["accept-patch"] == PATCHES
    posted = await api.post(
        "/api/jobs/", content=b'{"title":"t","company":"c"}', headers={"Content-Type": "application/json-patch+json"}
    )
    problem(posted, 415, "unsupported-media-type")
    assert "accept-patch" not in posted.headers
    assert (await api.get(path)).json()["description"] == "x"
