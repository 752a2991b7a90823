"""An `up` that runs is found by its record; one that is gone is not, however it went."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hireloop.errors import SettingsError
from hireloop.local import record
from hireloop.local.record import InstallationRecord

RunPython = Callable[..., "subprocess.Popen[str]"]
_UP = """
import sys, os; from pathlib import Path; from hireloop.local import record
folder = Path(sys.argv[1])
with record.alone(folder):
    made = record.InstallationRecord(url='http://localhost:8000', pid=os.getpid(), database='d', settings={})
    record.write(folder, made)
    print('up', flush=True); sys.stdin.read()
"""

_LOOKER = """
import sys; from pathlib import Path; from hireloop.local import record
while True: record.running(Path(sys.argv[1]))
"""


def written(**settings: str) -> InstallationRecord:
    return InstallationRecord(
        url="http://localhost:8000", pid=1, database=record.mark_of("postgresql:///a"), settings=settings
    )


def test_where_nothing_runs_nothing_is_found_and_nothing_is_left(tmp_path: Path) -> None:
    assert record.running(tmp_path) is None
    assert record.running(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == []


def test_it_is_found_while_it_runs_and_a_second_one_is_told_where(tmp_path: Path, run_python: RunPython) -> None:
    up = run_python(_UP, tmp_path)
    assert up.stdout is not None
    assert up.stdout.readline() == "up\n"
    found = record.running(tmp_path)
    assert found is not None
    assert (found.url, found.pid) == ("http://localhost:8000", up.pid)
    sentence = f"HireLoop is already running on {tmp_path} at http://localhost:8000 \\(process {up.pid}\\). Use it"
    with pytest.raises(SettingsError, match=sentence), record.alone(tmp_path):
        pass
    assert record.running(tmp_path) == found  # the second one has taken nothing away
    up.communicate("")
    assert record.running(tmp_path) is None
    assert not (tmp_path / "up.json").exists()


def test_one_that_was_killed_is_gone_at_once(tmp_path: Path, run_python: RunPython) -> None:
    up = run_python(_UP, tmp_path)
    assert up.stdout is not None
    up.stdout.readline()
    up.kill()
    up.wait()
    assert (tmp_path / "up.json").exists()
    assert record.running(tmp_path) is None
    with record.alone(tmp_path):
        record.write(tmp_path, written())


def test_somebody_who_looks_keeps_nobody_from_starting(tmp_path: Path) -> None:
    (tmp_path / "up.lock").touch()
    looker = subprocess.Popen([sys.executable, "-c", _LOOKER, tmp_path])
    try:
        for _ in range(50):
            with record.alone(tmp_path):
                pass
    finally:
        looker.kill()
        looker.wait()


def test_the_record_is_for_its_owner_alone(tmp_path: Path) -> None:
    with record.alone(tmp_path):
        record.write(tmp_path, written())
        record.write(tmp_path, written())
        assert (tmp_path / "up.json").stat().st_mode & 0o777 == 0o600


def test_what_the_environment_sets_is_not_changed_and_own_mail_stays_whole() -> None:
    found = written(EMAIL_HOST="127.0.0.1", EMAIL_PORT="1025", BASE_URL="http://localhost:8000", ALERT_EMAIL="o@x.test")
    everything = {name.lower(): value for name, value in found.settings.items()}
    assert record.settings_of(found, set()) == everything
    assert "base_url" not in record.settings_of(found, {"base_url"})
    for own in ("email_host", "email_url", "email_backend"):
        rest = record.settings_of(found, {own})
        assert rest == {"base_url": "http://localhost:8000", "alert_email": "o@x.test"}


def test_a_database_is_known_again_and_its_address_is_not_in_the_mark() -> None:
    url = "postgresql://me:canary@db.example/hire"
    assert record.mark_of(url) == record.mark_of(url) != record.mark_of(f"{url}2")
    assert "canary" not in record.mark_of(url)
