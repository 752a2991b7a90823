"""`hireloop up` as people run it: everything on one machine, once for each data directory, found by the commands."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import AF_INET6, SO_REUSEPORT, SOL_SOCKET, socket

import httpx
import pytest

from hireloop.local.postgres.server import EmbeddedPostgres
from processes import Hireloop, free_port
from test_cli import KEY, hireloop


@pytest.fixture
def home() -> Iterator[dict[str, str]]:
    """The environment of a machine of its own: nothing is configured, and the data is elsewhere."""
    with data_elsewhere() as found:
        yield found


@pytest.fixture
def second_home() -> Iterator[dict[str, str]]:
    """The same for a second one beside it."""
    with data_elsewhere() as found:
        yield found


@contextmanager
def data_elsewhere() -> Iterator[dict[str, str]]:
    folder = Path(tempfile.mkdtemp(prefix="hireloop-up-"))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    yield {**kept, "HIRELOOP_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    EmbeddedPostgres(folder).stop()
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_up_shows_the_life_of_an_invitation_and_keeps_its_data(home: dict[str, str]) -> None:
    port = free_port()
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")  # where nobody is
    demo = hireloop("up", "--demo", "--once", "--port", str(port), env=home | proxies, seconds=90)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    for said in (f"http://localhost:{port}/docs", "/dev/mailbox", "Message-ID: <", "schedule.book", "smtp.send"):
        assert said in demo.stdout, demo.stdout
    assert "Missing:" not in demo.stdout
    assert KEY.search(demo.stdout)
    assert f"http://localhost:{port}/?session_key=" in demo.stdout
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health/live")
    secret = Path(home["HIRELOOP_DATA_DIR"]) / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    made = secret.read_text()
    assert made.strip() not in demo.stdout + demo.stderr
    assert hireloop("ledger", env=home).stdout == "sent: 1\nunaccounted: 0\n"
    _second_run(home, free_port())
    assert secret.read_text() == made


def _second_run(home: dict[str, str], port: int) -> None:
    with Hireloop("up", "--port", str(port), env=home) as up:
        up.wait_for_log("Running. Press Ctrl-C to stop everything.", 60)
        said = up.log.read_text()
        assert not KEY.search(said)
        _assert_only_its_link_opens_the_mailbox(said, port)
        _assert_commands_find_it(home, port)
        assert (
            f"HireLoop is already running on {home['HIRELOOP_DATA_DIR']} at http://localhost:{port}"
            in refusal_of_up(home)
        )
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(40) == 0
        assert "Stopping" in up.log.read_text()


def _assert_only_its_link_opens_the_mailbox(said: str, port: int) -> None:
    link = re.search(r"^Mailbox +(\S+)$", said, re.MULTILINE)
    assert link is not None
    with httpx.Client(follow_redirects=True) as browser:
        assert browser.get(f"http://localhost:{port}/dev/mailbox").status_code == 401
        page = browser.get(link[1])
        assert (page.status_code, str(page.url)) == (200, f"http://localhost:{port}/dev/mailbox")
        assert "Interview scheduled" in page.text


def _assert_commands_find_it(home: dict[str, str], port: int) -> None:
    which = (
        f"The installation started by `hireloop up` at http://localhost:{port} (data in {home['HIRELOOP_DATA_DIR']})."
    )
    assert hireloop("ledger", env=home).stdout == "sent: 1\nunaccounted: 0\n"
    doctor = hireloop("doctor", env=home)
    assert f"ok       installation    {which}" in doctor.stdout
    assert re.search(
        r"^ok       mail            127.0.0.1 port \d+ accepts mail from our sender", doctor.stdout, re.MULTILINE
    )
    assert re.search(r"^warning  base_url        BASE_URL points to localhost", doctor.stdout, re.MULTILINE)
    assert doctor.returncode == 0
    sent = hireloop("send-test", "asha@example.com", env=home)
    assert sent.stdout.startswith(which)
    assert "Accepted by the mail server." in sent.stdout
    assert sent.returncode == 0


def test_two_at_once_on_one_machine_keep_apart_and_nobody_else_answers_for_localhost(
    home: dict[str, str], second_home: dict[str, str]
) -> None:
    with Hireloop("up", "--demo", env=home) as first, Hireloop("up", "--demo", env=second_home) as second:
        ports = set()
        for up in (first, second):
            up.wait_for_log("Running. Press Ctrl-C to stop everything.", 90)
            said = up.log.read_text()
            assert "Missing:" not in said
            ports |= set(re.findall(r"^API and portal   http://localhost:(\d+)$", said, re.MULTILINE))
        assert len(ports) == 2
        for port in map(int, ports):
            with socket(AF_INET6) as stranger:
                stranger.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
                with pytest.raises(OSError, match="Address already in use"):
                    stranger.bind(("::1", port))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try a full one")
def test_a_full_disk_is_one_sentence(home: dict[str, str]) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=30m,mode=0755", "none", home["HIRELOOP_DATA_DIR"]]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this root may not mount a file system")
    try:
        ran = hireloop("up", "--demo", "--once", "--port", str(free_port()), env=home, seconds=90)
    finally:
        EmbeddedPostgres(Path(home["HIRELOOP_DATA_DIR"])).stop()
        subprocess.run(["umount", "-l", home["HIRELOOP_DATA_DIR"]], check=True)
    assert ran.returncode == 1
    assert "Free some space" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_closed_terminal_stops_everything_too(home: dict[str, str]) -> None:
    with Hireloop("up", "--port", str(free_port()), env=home) as up:
        up.wait_for_log("Running. Press Ctrl-C to stop everything.", 60)
        up.process.send_signal(signal.SIGHUP)
        assert up.process.wait(40) == 0
    assert not EmbeddedPostgres(Path(home["HIRELOOP_DATA_DIR"])).is_running


def test_a_port_that_is_taken_is_left_to_its_owner_and_the_next_free_one_is_said(home: dict[str, str]) -> None:
    with ExitStack() as stack:
        taken = _take(8000, stack)
        named = hireloop("up", "--port", str(taken), env=home)
        assert named.returncode == 1
        assert (
            f"Port {taken} cannot be used (Address already in use). Stop what uses it, or choose another"
            in named.stderr
        )
        up = stack.enter_context(Hireloop("up", env=home))
        up.wait_for_log("Running. Press Ctrl-C to stop everything.", 60)
        said = up.log.read_text()
    found = re.search(r"^Port 8000 is in use by another program; using (80\d\d) instead\.$", said, re.MULTILINE)
    assert found is not None
    assert f"API and portal   http://localhost:{found[1]}\n" in said


def _take(port: int, stack: ExitStack) -> int:
    """Make sure that somebody listens on this port."""
    listener = stack.enter_context(socket())
    with suppress(OSError):  # somebody does already
        listener.bind(("127.0.0.1", port))
        listener.listen()
    return port


def test_up_reads_the_env_file_of_where_it_stands_and_its_parts_start_elsewhere(
    home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DEFAULT_TIME_ZONE=Pacific/Chatham\nSECRET_KEY=\nPORTAL_EARLY_SECONDS=77\n")
    (tmp_path / ".env").chmod(0o600)
    program = [sys.executable, "-m", "hireloop", "up", "--demo", "--once", "--port", str(free_port())]
    demo = subprocess.run(program, env=home, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "Pacific/Chatham" in demo.stdout


def refusal_of_up(home: dict[str, str]) -> str:
    ran = hireloop("up", env=home)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    return ran.stderr
