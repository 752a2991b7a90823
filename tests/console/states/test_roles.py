"""What each role is offered on every page of the console, and what is refused to it: nothing else, and all else."""

import re
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from console.signing import SIGN_IN, sign_in, token_on
from console.states.every_state import states_of
from console.states.routes import known_route, routes_of
from console.states.scene import set_scene
from factories import rows
from hireloop.access.tables import Role
from hireloop.settings import Settings

RANK = {None: 0, Role.VIEWER: 1, Role.RECRUITER: 2, Role.ADMIN: 3}
# What is only on the page that asks for a key.
BEFORE_SIGNING_IN = {
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("POST", "/console/preferences/language"),
}
# A link, or a form: where it leads, and how.
OFFERED = re.compile(r'<(?:a|form)\b[^>]*?(?:method="(?P<method>\w+)"\s*)?(?:href|action)="(?P<path>[^"#]*)"')


def offered_on(page: httpx.Response) -> set[tuple[str, str]]:
    """Return the method and the path of whatever a page offers."""
    found = {(one["method"] or "get", urljoin(str(page.url), one["path"])) for one in OFFERED.finditer(page.text)}
    return {(method.upper(), httpx.URL(url).path) for method, url in found}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RECRUITER])
async def test_a_role_is_offered_what_it_may_do_and_nothing_else(
    application: Litestar, client: httpx.AsyncClient, settings: Settings, role: Role
) -> None:
    least = {route: RANK[known] for route, known in routes_of(application).items()}
    wrong, offered = set[str](), set[tuple[str, str]]()
    scene = await set_scene(settings)
    key = await sign_in(client, role)
    client.cookies.clear()  # and again, as in another browser
    await client.post(SIGN_IN, data={"key": key})
    for path in {state.path for state in states_of(scene)}:
        page = await client.get(path, follow_redirects=True)
        route = known_route(least, "GET", page.url.path)
        if route is not None and (page.status_code == 403) is not (least[route] > RANK[role]):
            wrong.add(f"{path} is {page.status_code}")
        for method, target in offered_on(page):
            if (leads := known_route(least, method, target)) is not None:
                offered.add(leads)
                wrong |= {f"{path} offers {method} {target}"} if least[leads] > RANK[role] else set()
    assert wrong == set()
    allowed = {route for route, needed in least.items() if needed <= RANK[role]}
    assert allowed - offered == BEFORE_SIGNING_IN


@pytest.mark.parametrize("role", [Role.VIEWER, Role.RECRUITER])
async def test_what_a_role_may_not_do_is_refused_also_if_a_form_is_sent(
    application: Litestar, client: httpx.AsyncClient, role: Role
) -> None:
    await sign_in(client, role)
    token = await token_on(client)
    before = await rows("audit_entry")
    beyond = [route for route, least in routes_of(application).items() if RANK[least] > RANK[role]]
    assert beyond
    for method, path in beyond:
        url = re.sub(r"\{[^}]*\}", str(uuid4()), path) + "/"
        answer = await client.request(method, url, data={"token": token} if method == "POST" else None)
        assert answer.status_code == 403, (method, path)
        assert "requires an API key with the role" in answer.text
    assert await rows("audit_entry") == before
