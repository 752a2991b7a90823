"""A part that ends by itself is reported with its log."""

import subprocess
import sys
from pathlib import Path

import pytest

from hireloop.errors import SettingsError
from hireloop.local import parts


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
