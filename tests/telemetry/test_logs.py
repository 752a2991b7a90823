"""Each log line is redacted JSON, on standard error, in a process of its own."""

import json
import subprocess
import sys
from uuid import UUID

import pytest

from hireloop import session_keys

SECRET = "a secret of the tests, which opens nothing"
KEY = session_keys.mint(SECRET, UUID("01990000-0000-7000-8000-000000000001"), 1)
API_KEY = "hl_AZkAAAAAcACAAAAAAAAAAQ" + "x" * 43

_PROGRAM = f"""
import logging, pathlib, sys
from hireloop.telemetry import logs
logs.configure_logs()
canary = {f"{KEY} asha@example.com {API_KEY}"!r}
log = logs.log
log.info("plain", number=7, yes=True, nothing=None)
log.warning("texts " + canary, text=canary, listed=[canary], mapped={{"k": canary}}, raised=ValueError(canary))
log.info("objects", path=pathlib.Path("/" + canary), raw=canary.encode(), many={{canary}})
logging.getLogger("somebody.else").warning("arguments %s", canary)
logging.getLogger("somebody.else").info("extra", extra={{"who": canary}})
logging.getLogger("somebody.else").debug("not said")
def fails():
    raise ValueError(canary)
try:
    fails()
except ValueError as error:
    log.error("ours", exc_info=error)
    log.exception("ours too")
    logging.getLogger("somebody.else").exception("theirs")
"""


@pytest.fixture(scope="module")
def lines() -> list[str]:
    ran = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def test_every_line_is_json_with_a_time_a_level_and_a_logger(lines: list[str]) -> None:
    events = [json.loads(line) for line in lines]
    assert len(events) == 8
    assert all(event.keys() >= {"event", "level", "logger", "at"} for event in events)
    plain = events[0]
    assert (plain["event"], plain["number"], plain["yes"], plain["nothing"]) == ("plain", 7, True, None)
    assert {event["logger"] for event in events} == {"hireloop", "somebody.else"}


@pytest.mark.parametrize("secret", [KEY, "asha@example.com", API_KEY], ids=["session key", "address", "API key"])
def test_no_line_holds_a_secret(lines: list[str], secret: str) -> None:
    assert [line for line in lines if secret in line] == []


def test_an_exception_is_its_type_and_its_frames(lines: list[str]) -> None:
    for event in [json.loads(line) for line in lines][-3:]:
        assert event["error"] == "ValueError"
        assert event["frames"][-1].endswith("fails")
        assert not {"exc_info", "exception", "stack"} & set(event)
