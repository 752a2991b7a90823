"""Addresses and cookies that are longer than ours ever are: refused before anybody keeps them."""

import httpx

from api.clients import problem
from hireloop.web.size_limits import LONGEST_ADDRESS, LONGEST_COOKIES


async def test_a_long_address_is_refused_and_not_kept(user: httpx.AsyncClient) -> None:
    long = "&".join(f"a{number}" for number in range(1_000))
    problem(await user.get(f"/api/slots/?{long}"), 414, "address-too-long")
    for path in ("/", "/console/sign-in/", f"/{long}", f"/portal/{long}/icon.svg"):
        answer = await user.get(f"{path}?{long}")
        assert (answer.status_code, answer.headers["content-type"]) == (414, "text/plain; charset=utf-8")
        assert "Send a shorter one" in answer.text
    assert (await user.get("/?" + "a" * (LONGEST_ADDRESS - 1))).status_code == 200


async def test_long_cookies_are_refused_and_forty_sessions_are_not(user: httpx.AsyncClient) -> None:
    one = f"__Host-hireloop-{'0' * 36}={'x' * 90}"
    for count, status in ((40, 200), (80, 431)):
        answer = await user.get("/console/sign-in/", headers={"Cookie": "; ".join([one] * count)})
        assert answer.status_code == status
    split = [("Cookie", "a" * (LONGEST_COOKIES // 2))] * 3
    assert (await user.get("/", headers=split)).status_code == 431
    problem(await user.get("/api/slots/", headers=split), 431, "headers-too-large")
