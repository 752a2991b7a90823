"""Exactly one Host, at every door and before any handler; also as a real server hears of it."""

import socket
from typing import Any

import httpx

from api.clients import problem
from hireloop.web.http.hosts import fault_of
from processes import Server, environment

DOORS = (
    "/",
    "/console/",
    "/api/jobs/",
    "/health/live",
    "/docs",
    "/schema/openapi.json",
    "/problems/",
    "/static/0/x.css",
)
BAD = ("", " ", "a b", "a,b", "a, b", "user@hire.example", "hire.example/x", "hire.example:port", "hire.example:70000")
OTHER_BAD = (
    "http://hire.example",
    "[::1",
    "::1",
    "hire..example",
    ".example",
    "hire.example:80:80",
    "hire.example:" + "9" * 5_000,  # which Python refuses to read
    "hire.example:000080",
    "[:::]",
    "[1::2::3]",
    "[192.0.2.1]",
    "[fffff::]",
    "[fe80::1%25eth0]",
    "x" * 254,
    "h\u00fcre.example",
)
GOOD = ("hire.example", "HIRE.example.", "hire.example:8000", "localhost", "127.0.0.1:8000", "[::1]:8000", "a_b", "h:")


def scope(*hosts: str, version: str = "1.1") -> Any:  # noqa: ANN401 (ASGI's)
    headers = [(b"Host" if number else b"host", host.encode("latin-1")) for number, host in enumerate(hosts)]
    return {"type": "http", "http_version": version, "headers": headers}


def test_one_host_is_right_and_none_or_two_are_not() -> None:
    for host in GOOD:
        assert fault_of(scope(host)) is None, host
        assert fault_of(scope(host, version="2")) is None
        assert fault_of(scope(host, host)) is not None
    for host in (*BAD, *OTHER_BAD):
        assert fault_of(scope(host)) is not None, host
    assert fault_of(scope()) is not None
    assert fault_of(scope(version="2")) is not None
    assert fault_of(scope(version="1.0")) is None
    assert fault_of(scope("a", "a", version="1.0")) is not None


async def test_it_is_asked_at_every_door_before_anything_else(user: httpx.AsyncClient) -> None:
    for path in DOORS:
        for host in ("", "a,b", "user@hire.example"):
            answer = await user.request("POST", path, headers={"Host": host})
            assert answer.status_code == 400, path
            assert "Host" in answer.text
        if path.startswith(("/api", "/health", "/docs", "/schema")):
            problem(answer, 400, "bad-input")
        head = await user.head(path, headers={"Host": "a,b"})
        assert (head.status_code, head.content) == (400, b"")


def ask(server: Server, request: str) -> str:
    """Return the answer to a request as it goes over the line."""
    with socket.create_connection(("127.0.0.1", server.port), 10) as line:
        line.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        line.settimeout(10)
        answer = b""
        while b"\r\n\r\n" not in answer:
            part = line.recv(65_536)
            if not part:
                break
            answer += part
    return answer.decode("latin-1")


def test_a_real_server_refuses_what_names_no_host_or_two(database_url: str) -> None:
    with Server(environment(database_url)) as server:
        end = "Connection: close\n\n"
        for method, hosts, version, status in (
            ("GET", "Host: hire.example\n", "1.1", 200),
            ("GET", "", "1.1", 400),
            ("GET", "Host:\n", "1.1", 400),
            ("GET", "Host: a.example\nHost: b.example\n", "1.1", 400),
            ("GET", "Host: a.example\nhost: a.example\n", "1.1", 400),
            ("GET", "Host: a@b.example\n", "1.1", 400),
            ("GET", "", "1.0", 200),
            ("HEAD", "Host: hire.example\n", "1.1", 200),
            ("GET", "Host: a.example\nHost: b.example\n", "1.0", 400),
        ):
            answer = ask(server, f"{method} /health/live HTTP/{version}\n{hosts}{end}")
            assert answer.split(" ")[1] == str(status), (hosts, version, answer)
            assert "x-content-type-options: nosniff" in answer
        whole = ask(server, f"OPTIONS * HTTP/1.1\nHost: hire.example\n{end}")
        assert whole.startswith("HTTP/1.1 204")
        assert "allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST" in whole
        assert ask(server, f"OPTIONS * HTTP/1.1\n{end}").startswith("HTTP/1.1 400")
        assert ask(server, f"OPTIONS /* HTTP/1.1\nHost: hire.example\n{end}").startswith("HTTP/1.1 404")
