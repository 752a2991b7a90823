"""`hireloop doctor` as a user runs it."""

import json
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from os import close, read
from pathlib import Path

import pytest

from processes import environment, free_port
from servers.smtp import ScriptedSmtpServer
from test_cli import hireloop


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    """A whole installation, but for its mail server, a worker and somebody who hears alerts and bounces."""
    return environment(database_url, BASE_URL="https://hire.example", EMAIL_HOST="localhost")


@pytest.fixture
def mail_server() -> Iterator[ScriptedSmtpServer]:
    with ScriptedSmtpServer() as server:
        yield server


def test_a_whole_installation_ends_0_with_a_line_each_and_their_sum(
    env: dict[str, str], mail_server: ScriptedSmtpServer
) -> None:
    ran = hireloop("doctor", env=env | {"EMAIL_PORT": str(mail_server.port)})
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert lines[0] == "ok       installation    The installation that DATABASE_URL points to."
    assert lines[1] == "ok       files           No other user of this machine can read or change the secrets."
    assert lines[2] == "ok       settings        All values are valid."
    assert (
        f"ok       mail            localhost port {mail_server.port} accepts mail from our sender, unencrypted."
        in lines
    )
    assert "warning  workers         No worker has reported recently, so no messages are sent." in lines
    assert "                         → Start `hireloop work`." in lines
    assert lines[-1] == "0 failures, 3 warnings, 18 ok. Ready for bookings."
    assert "\x1b" not in ran.stdout
    assert mail_server.received == []


def test_a_failure_ends_1_and_no_secret_is_printed(env: dict[str, str]) -> None:
    canaries = {
        "EMAIL_HOST_USER": "me@hire.example",
        "EMAIL_HOST_PASSWORD": "canary-password",
        "EMAIL_FALLBACK_URL": "mailtos://me:canary-fallback@localhost:9",
        "CHAT_URLS": "json://me:canary-chat@localhost:9/canary-path",
        "WEBHOOK_URLS": "https://localhost:9/canary-hook",
        "WEBHOOK_SECRET": "canary",
    }
    script = {"AUTH": "535 5.7.8 No such user me with canary-password"}
    with ScriptedSmtpServer(script) as server:
        ran = hireloop("doctor", env=env | canaries | {"EMAIL_PORT": str(server.port)})
    assert ran.returncode == 1
    assert "canary" not in ran.stdout + ran.stderr
    assert env["SECRET_KEY"] not in ran.stdout + ran.stderr
    assert "FAILURE  mail            localhost refused the user name or the password." in ran.stdout
    assert "The server replied: 535 5.7.8 No such user me with …" in ran.stdout
    assert "4 failures, " in ran.stdout


def test_json_is_an_array_of_check_level_cause_and_fix(env: dict[str, str]) -> None:
    port = free_port()
    ran = hireloop("doctor", "--json", env=env | {"EMAIL_PORT": str(port)})
    assert (ran.returncode, ran.stderr) == (1, "")
    found = json.loads(ran.stdout)
    assert {tuple(line) for line in found} == {("check", "level", "cause", "fix")}
    assert [line for line in found if line["level"] == "failure"] == [
        {
            "check": "mail",
            "level": "failure",
            "cause": f"Nothing is listening at localhost port {port}.",
            "fix": "Correct EMAIL_HOST and EMAIL_PORT, or start the mail server.",
        }
    ]


def test_json_is_nothing_but_json_also_where_something_is_logged(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "pager.py").write_text("class Pager:\n  def __init__(self, *_): pass\n  def send(self, parcel): pass\n")
    for package in ("one", "two"):  # of the same transport, which is worth a warning
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[hireloop.transports]\npager = pager:Pager\n")
    ran = hireloop("doctor", "--json", env=env | {"PYTHONPATH": str(tmp_path), "CHAT_URLS": "pager://x"})
    assert any(line["check"].startswith("pager") for line in json.loads(ran.stdout))


def test_a_bad_setting_is_the_one_failure_and_names_it(env: dict[str, str]) -> None:
    ran = hireloop("doctor", "--json", env=env | {"EMAIL_PORT": "canary", "SECRET_KEY": "canary"})
    assert ran.returncode == 1
    assert "canary" not in ran.stdout + ran.stderr
    failure, rest = json.loads(ran.stdout)
    assert (failure["check"], failure["level"]) == ("settings", "failure")
    assert "SECRET_KEY must have at least 32 characters" in failure["cause"]
    assert "EMAIL_PORT" in failure["cause"]
    assert (rest["level"], rest["cause"]) == ("skipped", "Skipped: settings failed.")


def test_without_any_database_it_says_so_and_makes_none(tmp_path: Path) -> None:
    kept = {name: value for name, value in environment("").items() if name != "DATABASE_URL"}
    ran = hireloop("doctor", "--json", env={**kept, "HIRELOOP_DATA_DIR": str(tmp_path)})
    found = {line["check"]: line for line in json.loads(ran.stdout)}
    assert f"there is no database in {tmp_path}." in found["installation"]["cause"]
    assert list(tmp_path.iterdir()) == []
    assert found["database"]["level"] == "failure"
    assert found["database"]["cause"] == "There is no database."
    assert found["database"]["fix"] == "Set DATABASE_URL, or start a database with `hireloop up`."
    assert found["secret"]["level"] == "skipped"
    assert found["mail"]["cause"] == "EMAIL_HOST is not set, so no mail can be sent."


def test_a_terminal_gets_colours_and_sees_what_is_waited_for(
    env: dict[str, str], mail_server: ScriptedSmtpServer
) -> None:
    said = _on_a_terminal(env | {"EMAIL_PORT": str(mail_server.port), "TERM": "xterm", "COLUMNS": "100"})
    assert "\x1b[32mok" in said
    assert "\x1b[33mwarning" in said
    assert "… waiting for database" in said
    assert "Ready for bookings." in said


def _on_a_terminal(env: dict[str, str]) -> str:
    """Return all that the command writes where its output is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "hireloop", "doctor"], env=env, stdout=theirs, cwd=Path(tempfile.gettempdir())
    ) as process:
        close(theirs)
        said = b""
        try:
            while piece := read(ours, 4096):
                said += piece
        except OSError:  # the other end is closed
            pass
        assert process.wait(30) == 0
    close(ours)
    return said.decode()
