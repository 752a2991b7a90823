"""The installed package has types: where another package brings a transport, its type checker sees ours."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/hireloop-transport-command"
RIGHT = """
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Retry, Sent, TransportFactory
from hireloop.notify.reasons import Reason
from hireloop.settings import Settings


class PigeonTransport:
    def __init__(self, url: str, settings: Settings) -> None:
        self._seconds = settings.email_timeout

    def send(self, parcel: Parcel) -> Outcome:
        reveal_type(self._seconds)  # float
        reveal_type(parcel.headers)  # tuple[tuple[str, str], ...]
        evidence = Evidence(phase=Phase.CONNECT)
        if self._seconds < 1:
            return Held(reason="pigeons_asleep", evidence=evidence)
        if not parcel.text:
            return Retry(reason=Reason.TIMED_OUT, evidence=evidence)
        sent = Sent(evidence=evidence)
        reveal_type(sent.evidence.reply)  # str
        return sent


factory: TransportFactory = PigeonTransport
reveal_type(factory("", Settings.read()))  # hireloop.notify.transport.Transport
"""
# Over the path of before 0.1.0, which is handed on.
WRONG = """
from hireloop.notify.channels import Evidence, Parcel, Sent, TransportFactory
from hireloop.settings import Settings


class PigeonTransport:
    def __init__(self, url: str, settings: Settings) -> None:
        self._seconds: int = settings.email_timeout  # assignment

    def send(self, parcel: Parcel) -> bool:
        print(Sent())  # call-arg
        print(Evidence(phase="connect"))  # arg-type
        print(parcel.address)  # attr-defined
        return True


factory: TransportFactory = PigeonTransport  # assignment
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What strict mypy says of two transports and of the example, far from our source and our configuration."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "right.py").write_text(RIGHT)
    (folder / "wrong.py").write_text(WRONG)
    example = (EXAMPLE / "src/hireloop_transport_command/__init__.py").read_text("utf-8")
    (folder / "hireloop_transport_command.py").write_text(example)
    (folder / "test_command.py").write_text((EXAMPLE / "tests/test_command.py").read_text("utf-8"))
    options = ["--strict", "--config-file=", f"--python-executable={sys.executable}", f"--cache-dir={folder / 'cache'}"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--no-pretty", "--no-error-summary", *sorted(folder.glob("*.py"))],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def marked(source: str) -> list[tuple[int, str]]:
    """Return the comment of each line that has one, with the line's number."""
    lines = enumerate(source.splitlines(), start=1)
    return [(number, line.partition("  # ")[2]) for number, line in lines if "  # " in line]


def matches(pattern: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the line's number and the words of whatever fits."""
    return ((int(found[1]), found[2]) for line in lines if (found := re.fullmatch(pattern, line)))


def test_a_transport_sees_the_types_of_what_it_is_given_and_of_what_it_answers(said: list[str]) -> None:
    assert list(matches(r'right\.py:(\d+): note: Revealed type is "(.+)"', said)) == marked(RIGHT)


def test_the_checker_finds_what_does_not_fit(said: list[str]) -> None:
    assert list(matches(r"wrong\.py:(\d+): error: .* \[([a-z-]+)\]", said)) == marked(WRONG)


def test_there_is_nothing_to_find_in_what_is_right_and_in_the_example(said: list[str]) -> None:
    assert {line.partition(":")[0] for line in said if ": error: " in line} == {"wrong.py"}
