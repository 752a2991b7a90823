"""HireLoop behind nginx and behind Caddy, each with the configuration in `deploy/`."""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from threading import Event

import httpx
import pytest
from playwright.async_api import expect

from factories import candidate_fields, post_all
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from portal.browsing import expect_stage
from processes import Server, environment
from servers.chat import wait_for
from servers.proxies import CLIENTS, HOST, Caddy, Nginx, Proxy, replaced
from servers.websocket import WebSocket
from web.browsers import Launch, launch, needs_chromium, visiting

__all__ = ["launch"]

PROXIES = [pytest.param(Nginx, id="nginx"), pytest.param(Caddy, id="caddy")]


@pytest.fixture
def server(database_url: str) -> Iterator[Server]:
    told = {"BASE_URL": f"https://{HOST}", "TRUSTED_PROXIES": "127.0.0.1"}
    with Server(environment(database_url, **told)) as started:
        yield started


@pytest.fixture(params=PROXIES)
def proxy(server: Server, request: pytest.FixtureRequest) -> Iterator[Proxy]:
    with request.param(server.port) as started:
        yield started


@pytest.fixture
async def key(database_url: str) -> str:
    async with db.opened(database_url, pool_size=2):
        return (await api_keys.create("tests", Role.ADMIN))[1]


def test_a_booking_goes_through_and_its_etag_comes_back_as_it_was_sent(proxy: Proxy, key: str) -> None:
    with proxy.client(Authorization=f"Bearer {key}", **{"Accept-Encoding": "gzip"}) as client:
        assert post_all(client).status_code == 201
        made = client.post("/api/candidates/", json=candidate_fields(email="ravi@example.com"))
        path = f"/api/candidates/{made.json()['id']}/"
        found = client.get(path)
        assert re.fullmatch(r'"[^"]+"', found.headers["etag"])
        assert client.get(path, headers={"If-None-Match": found.headers["etag"]}).status_code == 304
        changed = client.patch(path, json={"phone": "+91 80 5550 0100"}, headers={"If-Match": found.headers["etag"]})
        assert changed.status_code == 200, changed.text
        assert client.patch(path, json={"phone": ""}, headers={"If-Match": found.headers["etag"]}).status_code == 412
        page = client.get("/")
        assert page.headers["content-encoding"] == "gzip"
        assert page.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert len(page.headers.get_list("strict-transport-security")) == 1
        assert "content-security-policy" in page.headers


def test_a_recruiter_signs_in(proxy: Proxy, key: str) -> None:
    with proxy.client(**{"Sec-Fetch-Site": "same-origin"}) as client:
        entered = client.post("/console/sign-in/", data={"key": key})
        assert entered.status_code == 303, entered.text
        assert "Secure" in entered.headers["set-cookie"]
        assert client.get("/console/").status_code == 200


def test_http_leads_to_https(proxy: Proxy) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxy.plain_port}/i/1?a=b", headers={"Host": HOST})
    assert answer.status_code in {301, 308}
    assert answer.headers["location"].startswith(f"https://{HOST}")
    assert "a=b" not in answer.headers["location"]


def test_programs_are_not_redirected_so_that_nobody_keeps_sending_a_key_over_http(proxy: Proxy) -> None:
    for path in ("/api/candidates/?a=b", "/api"):
        answer = httpx.get(
            f"http://127.0.0.1:{proxy.plain_port}{path}", headers={"Host": HOST, "Authorization": "Bearer hl_key"}
        )
        assert answer.status_code == 403
        assert "location" not in answer.headers


def test_what_is_too_large_is_refused(proxy: Proxy, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with proxy.client() as client:
        assert client.post("/api/candidates/", content=b" " * 1_100_000, headers=headers).status_code == 413
        assert client.post("/api/candidates/", content=b" " * 3_000_000, headers=headers).status_code == 413
        assert client.get("/", headers={"Cookie": "a=" + "b" * 10_000}).status_code == 431  # HireLoop's own words
        assert client.get("/", headers={"Cookie": "a=" + "b" * 80_000}).status_code in {400, 431}
        assert client.get("/?" + "a" * 5_000).status_code == 414


def test_probes_are_for_this_machine_alone(proxy: Proxy) -> None:
    with proxy.client("127.0.0.1") as client:
        assert client.get("/health/ready").status_code == 200
    with proxy.client() as client:
        assert client.get("/health/ready").status_code == 403


def test_guesses_are_counted_by_who_makes_them_whatever_their_headers_say(proxy: Proxy) -> None:
    def seconds(client: httpx.Client, number: int) -> float:
        forged = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"}
        began = time.monotonic()
        assert client.get("/", params={"session_key": "guessed"}, headers=forged).status_code == 404
        return time.monotonic() - began

    with proxy.client() as guesser, proxy.client("127.0.0.3") as other:
        guesses = [seconds(guesser, number) for number in range(15)]
        assert min(guesses[13:]) >= 2  # the longest delay
        assert min(seconds(other, number) for number in range(5)) < 2


def test_the_key_of_a_link_is_in_no_log(proxy: Proxy, key: str) -> None:
    with proxy.client(Authorization=f"Bearer {key}") as client:
        link = post_all(client).json()["session"]["portal_url"]
        secret = httpx.URL(link).params["session_key"]
        opened = client.get("/", params={"session_key": secret})
        assert opened.status_code == 303
        cookie, _, _ = opened.headers["set-cookie"].partition(";")
        room = opened.headers["location"]
        assert client.get(room, headers={"Cookie": cookie, "Referer": link}).status_code == 200
    until = time.monotonic() + 20
    while httpx.URL(room).path not in proxy.access_log and time.monotonic() < until:
        time.sleep(0.05)
    assert httpx.URL(room).path in proxy.access_log
    for file in proxy.folder.iterdir():
        if file.suffix == ".log" or file.name == "output":
            written = file.read_text()
            assert secret not in written
            assert "session_key" not in written
            assert key not in written


def test_nginx_limits_the_connections_of_a_client(server: Server, key: str) -> None:
    head = f"POST /api/candidates/ HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\nContent-Length: 9\r\n\r\n"
    over = Event()

    def keep_one_open(proxy: Proxy) -> None:
        while not over.wait(0.2):
            with connected(proxy, "127.0.0.4") as connection:
                connection.sendall(head.encode())
                connection.recv(1)

    with Nginx(server.port) as proxy, ThreadPoolExecutor(70) as threads:
        for _ in range(70):
            threads.submit(keep_one_open, proxy)
        try:
            with proxy.client("127.0.0.4") as client:
                wait_for(lambda: client.get("/").status_code == 503, "one connection too many is refused")
            with proxy.client() as client:
                assert client.get("/").status_code == 200
        finally:
            over.set()


def test_nginx_limits_the_requests_of_a_client(server: Server) -> None:
    with Nginx(server.port) as proxy:
        with proxy.client("127.0.0.4") as client:
            statuses = [client.get("/console/sign-in/").status_code for _ in range(60)]
        assert 429 in statuses
        assert statuses[:20] == [200] * 20
        with proxy.client() as client:
            assert client.get("/console/sign-in/").status_code == 200


class BehindAnother(Nginx):
    """nginx behind another proxy, which names the client: addresses that this machine does not have."""

    def _configuration(self) -> str:
        named = "http {\n    set_real_ip_from 127.0.0.0/8;\n    real_ip_header X-Real-IP;\n"
        return replaced(super()._configuration(), {r"http \{\n": named})


@pytest.mark.parametrize(
    ("addresses", "are_one"),
    [
        (("2001:db8:1:2::1", "2001:db8:1:2:a:b:c:d", "2001:db8:1:2:0:0:c:d"), True),
        (("2001:db8:1::1", "2001:db8:1:0:a:b:c:d", "2001:db8:1::a:b:c"), True),
        (("2001:db8::1", "2001:db8::a:b:c:d", "2001:db8:0:0:f:0:0:1", "2001:db8::2:0:0:1"), True),
        (("2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:1::1", "2001:db8::1"), False),
        (("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"), False),
    ],
)
def test_nginx_takes_a_64_of_ipv6_for_one_client(server: Server, addresses: tuple[str, ...], *, are_one: bool) -> None:
    with BehindAnother(server.port) as proxy, proxy.client() as client:
        statuses = [
            client.get("/console/sign-in/", headers={"X-Real-IP": address}).status_code
            for address in addresses
            for _ in range(12)
        ]
    assert (429 in statuses) == are_one


def connected(proxy: Proxy, address: str = CLIENTS) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=90, source_address=(address, 0))
    return proxy.context.wrap_socket(plain, server_hostname=HOST)


def ended(proxy: Proxy, sent: bytes, drip: bytes) -> bytes:
    """Send something, then this again and again, and return what came until the connection was ended."""
    answer, until = b"", time.monotonic() + 90
    with connected(proxy) as connection:
        connection.sendall(sent)
        connection.settimeout(1)
        while time.monotonic() < until:
            try:
                piece = connection.recv(65_536)
            except TimeoutError:
                piece = None
            except OSError:
                return answer
            if piece == b"":
                return answer
            answer += piece or b""
            if drip and not answer:
                try:
                    connection.sendall(drip)
                except OSError:
                    return answer
    raise AssertionError("The proxy never ended the connection.")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_slow_clients_are_cut_off(proxy: Proxy) -> None:
    head = f"POST /console/sign-in/ HTTP/1.1\r\nHost: {HOST}\r\nSec-Fetch-Site: same-origin\r\n".encode()
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    with ThreadPoolExecutor() as threads:
        heads = [
            threads.submit(ended, proxy, sent, drip) for sent, drip in ((b"", b""), (head, b""), (head, b"X-A: b\r\n"))
        ]
        bodies = [threads.submit(ended, proxy, head + form, drip) for drip in (b"", b"a")]
        for slow in heads:
            assert slow.result() == b"" or b" 408 " in slow.result()
        for slow in bodies:
            assert slow.result() == b"" or re.match(rb"HTTP/1.1 (408|502) ", slow.result()), slow.result()


@pytest.mark.parametrize("kind", PROXIES)
def test_an_upgrade_passes_and_no_header_that_a_client_forged(kind: type[Proxy]) -> None:
    heads: list[bytes] = []
    with ThreadPoolExecutor() as threads, socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as stack:
        threads.submit(speak, listening, heads)
        stack.callback(listening.shutdown, socket.SHUT_RDWR)  # which ends the waiting for connections
        with kind(listening.getsockname()[1]) as proxy, connected(proxy) as connection:
            connection.sendall(
                f"GET /live HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n\r\n".encode()
            )
            assert connection.recv(65_536).startswith(b"HTTP/1.1 101 ")
            connection.sendall(b"ping")
            assert connection.recv(4) == b"pong"
    (head,) = [one for one in heads if b"/live" in one]
    assert b"upgrade: websocket" in head.lower()
    assert re.search(rb"(?i)\r\nx-forwarded-for: 127\.0\.0\.2\r\n", head), head
    assert b"203.0.113.9" not in head


@needs_chromium
async def test_a_page_follows_its_session_through_the_proxy_and_comes_back_once_that_was_restarted(
    proxy: Proxy, key: str, launch: Launch
) -> None:
    with proxy.client(Authorization=f"Bearer {key}") as client:
        booked = post_all(client).json()
        link = booked["session"]["portal_url"]
        opened = client.get("/", params=httpx.URL(link).params)
        cookie, _, _ = opened.headers["set-cookie"].partition(";")
        headers = {"Host": HOST, "Origin": f"https://{HOST}", "Cookie": cookie}
        path = f"https://127.0.0.1:{proxy.port}{opened.headers['location']}live"
        wrap = partial(proxy.context.wrap_socket, server_hostname=HOST)
        browser = await launch(f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{proxy.port}")
        async with visiting(browser, link, ignore_https_errors=True) as (page, seen):
            await expect_stage(page, "early")
            with WebSocket(path, headers, wrap=wrap) as silent:
                assert silent.hear()["stage"] == "early"
                silent.say(".")
                await asyncio.to_thread(silent.hear)  # 20 s later, which keeps the proxy from closing it
                proxy.stop()
                assert silent.hear_the_end()
            await expect(page.get_by_text("No connection. We keep trying")).to_be_visible()
            await asyncio.to_thread(proxy.start)
            await expect(page.locator("#connection")).to_be_hidden()
            assert client.post(f"/api/interviews/schedules/{booked['id']}/cancel/").is_success
            cancelled = expect(page.locator("main")).to_have_attribute("data-stage", "cancelled", timeout=15_000)
            await cancelled  # over its socket: it polls 24 s after it was online again at the earliest
            seen.complaints.clear()  # of connections that were refused


def speak(listening: socket.socket, heads: list[bytes]) -> None:
    """Answer an upgrade with one, `ping` with `pong`, and everything else with an empty page."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            head = b""
            while b"\r\n\r\n" not in head and (piece := connection.recv(65_536)):
                head += piece
            heads.append(head)
            if b"/live" not in head:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                continue
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            if connection.recv(4) == b"ping":
                connection.sendall(b"pong")
            connection.recv(1)
