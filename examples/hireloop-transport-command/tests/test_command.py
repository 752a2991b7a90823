"""The transport keeps HireLoop's contract, and its programs get and say what the README promises."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from hireloop.notify.testing import OtherSide, Scene, TransportContract, sample_parcel
from hireloop.notify.transport import Held, Phase, Rejected, Retry, Sent, Transport
from hireloop.settings import Settings
from hireloop_transport_command import CommandTransport

_SCRIPTS = {
    Scene.ACCEPTS: "cat >> messages",
    Scene.DEFERS: "cat > /dev/null; echo Not now; exit 75",
    Scene.REFUSES: "cat > /dev/null; echo Never; exit 65",
    Scene.DROPS: "cat >> messages; kill -9 $$",
    Scene.HANGS: "cat >> messages; sleep 60",
    Scene.BABBLES: "cat > /dev/null; exit 3",
    Scene.AWAY: "exit 69",
}


class Programs:
    """Shell scripts as the other side."""

    secrets: Sequence[str] = ()

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, scene: Scene) -> Transport:
        script = self.write(scene.value, _SCRIPTS.get(scene, ""))
        if scene is Scene.MISCONFIGURED:
            script.chmod(0o600)
        return CommandTransport(f"command://{script}?timeout={0.5 if scene is Scene.HANGS else 30}", Settings())

    def write(self, name: str, body: str) -> Path:
        script = self._folder / name
        script.write_text(f"#!/bin/sh\ncd {self._folder}\necho >> tries\n{body}\n")
        script.chmod(0o700)
        return script

    def tries(self) -> int:
        noted = self._folder / "tries"
        return len(noted.read_text()) if noted.exists() else 0

    def messages(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self._folder / "messages").read_text().splitlines()]

    def ids(self) -> list[str]:
        return [str(message["message_id"]) for message in self.messages()]


class TestContract(TransportContract):
    @pytest.fixture
    def other_side(self, tmp_path: Path) -> OtherSide:
        return Programs(tmp_path)


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


def test_a_program_reads_the_message_as_one_line(programs: Programs) -> None:
    parcel = sample_parcel(subject="Räum auf\nBcc: x", data=b'{"type": "alert", "data": {"revision": 2}}')
    assert isinstance(programs.open(Scene.ACCEPTS).send(parcel), Sent)
    assert programs.messages() == [
        {
            "message_id": parcel.message_id,
            "kind": "recruiter_copy",
            "recipient": parcel.recipient,
            "subject": "Räum auf\nBcc: x",
            "text": parcel.text,
            "data": {"revision": 2},
        }
    ]


@pytest.mark.parametrize(("status", "kind"), [(65, Rejected), (67, Rejected), (75, Retry), (78, Held), (1, Retry)])
def test_the_exit_status_says_what_came_of_it(programs: Programs, status: int, kind: type) -> None:
    script = programs.write("script", f"echo Because; exit {status}")
    outcome = CommandTransport(f"command://{script}", Settings()).send(sample_parcel())
    assert isinstance(outcome, kind)
    assert (outcome.evidence.phase, outcome.evidence.code, outcome.evidence.reply) == (Phase.REPLY, status, "Because\n")


def test_a_program_sees_nothing_of_the_workers_environment(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the tests, which opens nothing")
    script = programs.write("script", "env")
    outcome = CommandTransport(f"command://{script}", Settings()).send(sample_parcel())
    assert "PATH=" in outcome.evidence.reply
    assert "SECRET_KEY" not in outcome.evidence.reply


def test_a_program_that_hangs_is_ended_with_all_that_it_has_started(programs: Programs) -> None:
    script = programs.write("script", "sleep 60 & echo $! > child; wait")
    outcome = CommandTransport(f"command://{script}?timeout=1", Settings()).send(sample_parcel())
    assert isinstance(outcome, Retry)
    child = Path("/proc", (script.parent / "child").read_text().strip())
    patience = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < patience
        time.sleep(0.01)


def is_running(process: Path) -> bool:
    try:
        return ") Z " not in (process / "stat").read_text()  # a dead orphan stays until somebody asks for its status
    except OSError:
        return False


@pytest.mark.parametrize(
    "url", ["command://host/bin/true", "command:///no/such/program", "command:true", "other:///bin/true"]
)
def test_an_address_that_names_no_program_holds_the_channel(url: str) -> None:
    assert isinstance(CommandTransport(url, Settings()).send(sample_parcel()), Held)


@pytest.mark.parametrize("query", ["timeout=0", "timeout=soon", "timeout=nan", "timeout=-1", "shell=yes"])
def test_options_that_make_no_sense_hold_the_channel(query: str) -> None:
    assert isinstance(CommandTransport(f"command:///bin/true?{query}", Settings()).send(sample_parcel()), Held)


def test_what_is_no_program_holds_the_channel(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(bytes(range(64)))
    script.chmod(0o700)
    outcome = CommandTransport(f"command://{script}", Settings()).send(sample_parcel())
    assert isinstance(outcome, Held)
    assert outcome.reason == "command_not_run"
