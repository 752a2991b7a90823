"""`hireloop serve` under a low limit of open files, and with thousands of connections that mean no good.

Those send nothing, half a head, or a body that drips: everybody else is served on.
"""

import json
import re
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from factories import post_all
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from processes import Hireloop, Server, environment, free_port
from servers.certificates import self_signed
from test_cli import hireloop

_LIMITED = 'ulimit -S -n "$1"; ulimit -H -n "$2"; shift 2; exec "$@"'
_FLOOD = Path(__file__).with_name("flood.py")
_OTHER_FILES = 200  # of a process that floods
_SLOWEST_SECONDS = 10.0  # far above what a slow machine needs, and far below for ever


def under(soft: int, hard: int) -> tuple[str, ...]:
    """Return the program that starts another one with these limits of open files."""
    return ("sh", "-c", _LIMITED, "sh", str(soft), str(hard))


def connections(soft: int, hard: int) -> str:
    """Return the limit and the connections of one server process that is started with these limits."""
    code = (
        "from hireloop.cli.serve import _connections, _file_limit as f; limit = f(); print(limit, _connections(limit))"
    )
    ran = subprocess.run(
        [*under(soft, hard), sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    return ran.stdout.strip() or ran.stderr.splitlines()[-1].partition(": ")[2]


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [
        (256, 19_456, "19456 18432"),
        (19_800, 19_800, "19800 18432"),
        (1_024, 6_000, "6000 4976"),
        (4_096, 4_096, "4096 3072"),
    ],
)
def test_the_limit_is_raised_as_far_as_allowed_and_never_fewer_files_than_connections(
    soft: int, hard: int, expected: str
) -> None:
    assert connections(soft, hard) == expected


@pytest.mark.parametrize("hard", [1_024, 4_095])
def test_a_limit_that_is_too_low_is_refused_with_how_to_raise_it(hard: int, database_url: str) -> None:
    with Hireloop("serve", env=environment(database_url), under=under(256, hard)) as refused:
        assert refused.process.wait(60) == 1
        lines = [line for line in refused.log.read_text().splitlines() if line.startswith("hireloop: ")]
    (sentence,) = [line for line in lines if "warning" not in line]
    assert sentence.startswith(f"hireloop: This process may open only {hard} files")
    for way in ("LimitNOFILE=", "`ulimits: nofile`", "`ulimit -n`"):
        assert way in sentence


def test_several_processes_serve_under_the_lowest_limit(database_url: str) -> None:
    with Server(environment(database_url), workers=2, under=under(256, 4_096)) as server:
        assert server.stop() == 0


def is_healthy(port: int) -> bool:
    """Return what the health check of the image says of a server on this port."""
    dockerfile = (Path(__file__).parents[2] / "deploy/Dockerfile").read_text("utf-8")
    (command,) = re.findall(r"^HEALTHCHECK .*\\\n\s+CMD (\[.*\])$", dockerfile, re.MULTILINE)
    python, *arguments = json.loads(command.replace("8000", str(port)))
    assert python == "python"
    return subprocess.run([sys.executable, *arguments], check=False, timeout=60).returncode == 0


def test_the_image_knows_whether_http_is_served(database_url: str) -> None:
    with Server(environment(database_url)) as server:
        assert is_healthy(server.port)
        server.stop()
        assert not is_healthy(server.port)


def test_https_is_served_with_a_certificate(database_url: str, tmp_path: Path) -> None:
    certificate, port = self_signed(tmp_path, "127.0.0.1"), free_port()
    flags = ("--tls-certificate", str(certificate.cert), "--tls-key", str(certificate.key))
    trusting = ssl.create_default_context(cafile=certificate.cert)
    with (
        Hireloop("serve", "--port", str(port), *flags, env=environment(database_url)) as server,
        httpx.Client(verify=trusting) as client,
    ):
        while True:
            with suppress(httpx.ConnectError):
                answered = client.get(f"https://127.0.0.1:{port}/health/ready")
                break
            assert server.process.poll() is None, server.log.read_text()
            time.sleep(0.05)
        assert (answered.status_code, answered.json()["status"]) == (200, "ok")
        assert is_healthy(port)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"http://127.0.0.1:{port}/health/live")
        assert server.stop() == 0


@pytest.mark.parametrize("missing", ["--tls-certificate", "--tls-key"])
def test_a_certificate_without_its_key_is_refused(missing: str, database_url: str, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path, "127.0.0.1")
    flags = {"--tls-certificate": str(certificate.cert), "--tls-key": str(certificate.key)}
    del flags[missing]
    refused = hireloop("serve", *(part for flag in flags.items() for part in flag), env=environment(database_url))
    assert refused.returncode == 1
    assert refused.stderr.endswith("hireloop: --tls-certificate and --tls-key are needed together.\n")


def test_what_is_no_certificate_or_another_keys_is_refused(database_url: str, tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "other")
    for folder in folders:
        folder.mkdir()
    one, other = (self_signed(folder, "127.0.0.1") for folder in folders)
    for certificate, key in ((one.cert, other.key), (one.key, one.key)):
        flags = ("--tls-certificate", str(certificate), "--tls-key", str(key))
        refused = hireloop("serve", *flags, env=environment(database_url))
        assert refused.returncode == 1
        assert "are not a certificate and its private key as PEM without a password" in refused.stderr


@contextmanager
def flood(port: int, count: int) -> Iterator[None]:
    """Keep so many bad connections open, from as many processes as their limits of open files call for."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    each = count if most == resource.RLIM_INFINITY else min(count, most - _OTHER_FILES)
    shares = [min(each, count - begin) for begin in range(0, count, each)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, _FLOOD, str(port), str(share)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            )
            for share in shares
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
        yield
        assert [process.poll() for process in started] == [None] * len(started)


async def key_in(database_url: str) -> str:
    async with db.opened(database_url, pool_size=2):
        return (await api_keys.create("tests", Role.ADMIN))[1]


def probe(port: int, times: int = 20) -> list[float]:
    """Ask `/health/live` over new connections, and return how long each answer took, in seconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        with closing(HTTPConnection("127.0.0.1", port, timeout=_SLOWEST_SECONDS)) as connection:
            connection.request("GET", "/health/live")
            assert connection.getresponse().status == HTTPStatus.OK
        took.append(time.perf_counter() - began)
        time.sleep(0.1)
    return took


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("count", "probes"), [(3_600, 20), pytest.param(15_000, 150, marks=pytest.mark.long)])
async def test_a_flood_of_bad_connections_stops_neither_probes_nor_bookings(
    database_url: str, count: int, probes: int
) -> None:
    key = await key_in(database_url)
    with Server(environment(database_url)) as server:
        before = probe(server.port)
        with flood(server.port, count):
            during = probe(server.port, probes)
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=server.url, headers=headers, timeout=_SLOWEST_SECONDS) as client:
                for _ in range(3):
                    assert post_all(client).status_code == 201
    for name, took in (("without", before), (f"with {count}", during)):  # to compare: slow is no failure
        milliseconds = f"median {1000 * statistics.median(took):.0f}, at most {1000 * max(took):.0f}"
        sys.stdout.write(f"/health/live {name} bad connections, in ms: {milliseconds}\n")


def ended(port: int, sent: bytes, drip: bytes = b"") -> bytes:
    """Send something, and return what comes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        answer = b""
        if drip:
            connection.settimeout(0.5)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                piece = connection.recv(65_536)
            except TimeoutError:
                connection.sendall(drip)
                continue
            answer += piece
            if not piece:
                return answer
    raise AssertionError("The server never ended the connection.")


def is_kept(port: int, asked: bytes, seconds: float) -> bool:
    """Ask again and again, take no answer, and return whether the server keeps the connection for so long."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        connection.connect(("127.0.0.1", port))
        connection.settimeout(1)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(TimeoutError):
                try:
                    connection.sendall(asked)
                except ConnectionError:
                    return False
        return True


@pytest.mark.long
def test_a_connection_whose_responses_nobody_takes_is_ended(database_url: str) -> None:
    asked = b"GET /problems/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Server(environment(database_url), workers=2) as server:
        assert not is_kept(server.port, asked * 1_000, seconds=100)
        assert server.stop() == 0


@pytest.mark.long
def test_each_bad_connection_is_ended_in_its_time(database_url: str) -> None:
    head = b"POST /console/sign-in/ HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    whole = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with Server(environment(database_url)) as server, ThreadPoolExecutor() as threads:
        silent = [(b"", b""), (head, b""), (head, b"X-Drip: a\r\n")]
        nothing = [threads.submit(ended, server.port, *sent) for sent in silent]
        too_slow = [threads.submit(ended, server.port, head + form, drip) for drip in (b"", b"a")]
        idle = threads.submit(ended, server.port, whole)
        assert [one.result() for one in nothing] == [b""] * len(silent)
        for one in too_slow:
            assert one.result().startswith(b"HTTP/1.1 408 ")
            assert b"connection: close" in one.result()
        assert idle.result().startswith(b"HTTP/1.1 200 ")
