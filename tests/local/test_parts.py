"""The logs of what `up` starts stay short, and nothing that matters of them is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hireloop.errors import SettingsError
from hireloop.local import parts


def test_a_log_that_grew_long_begins_anew_and_what_was_in_it_is_kept_once(tmp_path: Path) -> None:
    log = tmp_path / "work.log"
    writer = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(writer, b"first\n" * 20)
    parts.shorten_logs(tmp_path, longest=120)
    assert log.stat().st_size == 120
    os.write(writer, b"more\n")
    parts.shorten_logs(tmp_path, longest=120)
    assert log.stat().st_size == 0
    assert (tmp_path / "work.log.1").read_bytes() == b"first\n" * 20 + b"more\n"
    os.write(writer, b"after\n")  # through the same open file, at its new beginning
    assert log.read_bytes() == b"after\n"
    os.write(writer, b"x" * 200)
    parts.shorten_logs(tmp_path, longest=120)
    assert (tmp_path / "work.log.1").read_bytes() == b"after\n" + b"x" * 200
    assert (tmp_path / "work.log.1").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["work.log", "work.log.1"]
    os.close(writer)


def test_a_log_is_emptied_where_its_copy_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "work.log").write_bytes(b"x" * 200)
    (tmp_path / "elsewhere").write_text("somebody's")
    (tmp_path / "work.log.1").symlink_to(tmp_path / "elsewhere")  # no link is followed
    parts.shorten_logs(tmp_path, longest=120)
    assert (tmp_path / "work.log").stat().st_size == 0
    assert (tmp_path / "elsewhere").read_text() == "somebody's"


def test_a_part_that_has_ended_by_itself_is_named_with_its_log(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    ended.wait()
    with pytest.raises(
        SettingsError, match=rf"`hireloop work` stopped unexpectedly \(exit code 3\)\. Check {tmp_path}/work.log"
    ):
        parts.check_alive({"work": ended}, tmp_path)


def test_a_part_begins_in_the_data_directory_with_what_it_is_given(tmp_path: Path) -> None:
    with parts.part(["--version-of-nothing"], {"HIRELOOP_DATA_DIR": str(tmp_path)}, tmp_path) as process:
        assert process.wait(30) == 2
    said = (tmp_path / "--version-of-nothing.log").read_text()
    assert "No such option" in said
