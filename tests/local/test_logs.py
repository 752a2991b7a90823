import os
from pathlib import Path

import pytest

from hireloop.local import logs


@pytest.fixture(autouse=True)
def short_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LONGEST_LOG", 120)


def test_a_log_that_grew_long_begins_anew_and_what_was_in_it_is_kept_once(tmp_path: Path) -> None:
    log = tmp_path / "work.log"
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(writer, b"first\n" * 20)
    logs.shorten_log(log)
    assert log.stat().st_size == 120
    os.write(writer, b"more\n")
    logs.shorten_log(log)
    assert log.stat().st_size == 0
    assert (tmp_path / "work.log.1").read_bytes() == b"first\n" * 20 + b"more\n"
    os.write(writer, b"after\n")  # through the same open file, at its new beginning
    assert log.read_bytes() == b"after\n"
    os.write(writer, b"x" * 200)
    logs.shorten_log(log)
    assert (tmp_path / "work.log.1").read_bytes() == b"after\n" + b"x" * 200
    assert (tmp_path / "work.log.1").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["work.log", "work.log.1"]
    os.close(writer)


def test_a_log_is_emptied_where_its_copy_cannot_be_written(tmp_path: Path) -> None:
    log = tmp_path / "work.log"
    log.write_bytes(b"x" * 200)
    (tmp_path / "elsewhere").write_text("somebody's")
    (tmp_path / "work.log.1").symlink_to(tmp_path / "elsewhere")  # no link is followed
    logs.shorten_log(log)
    assert log.stat().st_size == 0
    assert (tmp_path / "elsewhere").read_text() == "somebody's"
