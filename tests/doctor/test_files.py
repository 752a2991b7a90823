"""Who else on this machine can read or change the secrets."""

import os
from pathlib import Path

import pytest

from hireloop.doctor import files
from hireloop.notify.diagnosis.findings import Finding, Level


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "in here"
    place.mkdir(mode=0o700)
    for name in (".env", "key"):
        (place / name).write_text("SECRET_KEY=a canary")
        (place / name).chmod(0o600)
    data = place / "data"
    for directory in (data, data / "mailbox"):
        directory.mkdir(mode=0o700)
    (data / "secret").write_text("a canary")
    (data / "secret").chmod(0o600)
    return place


def checked(place: Path) -> Finding:
    return files.check(place / ".env", [place / "key"], place / "data")


def test_what_is_closed_to_others_is_ok(place: Path) -> None:
    assert checked(place).level is Level.OK


def test_what_is_not_there_is_not_looked_at(tmp_path: Path) -> None:
    assert files.check(tmp_path / ".env", [tmp_path / "gone"], tmp_path / "nothing").level is Level.OK
    assert files.check(tmp_path / ".env", [], None).level is Level.OK


@pytest.mark.parametrize(
    ("name", "mode", "level", "says", "chmod"),
    [
        (".env", 0o666, Level.FAILURE, "(mode 0666) can be changed by every user of this machine.", "600"),
        (".env", 0o777, Level.FAILURE, "(mode 0777) can be changed by every user of this machine.", "700"),
        (".env", 0o620, Level.FAILURE, "(mode 0620) can be changed by its group.", "600"),
        (".env", 0o644, Level.WARNING, "(mode 0644) can be read by every user of this machine.", "600"),
        (".env", 0o640, Level.WARNING, "(mode 0640) can be read by its group.", "600"),
        (".env", 0o604, Level.WARNING, "(mode 0604) can be read by every user of this machine.", "600"),
        ("key", 0o664, Level.FAILURE, "(mode 0664) can be changed by every user of this machine.", "600"),
        ("key", 0o444, Level.WARNING, "(mode 0444) can be read by every user of this machine.", "400"),
        ("data", 0o777, Level.FAILURE, "(mode 0777) can be changed by every user of this machine.", "711"),
        ("data", 0o1777, Level.FAILURE, "(mode 1777) can be changed by every user of this machine.", "1711"),
        ("data", 0o770, Level.FAILURE, "(mode 0770) can be changed by its group.", "710"),
        ("data", 0o755, Level.WARNING, "(mode 0755) can be read by every user of this machine.", "711"),
        ("data/secret", 0o644, Level.WARNING, "(mode 0644) can be read by every user of this machine.", "600"),
        ("data/mailbox", 0o755, Level.WARNING, "(mode 0755) can be read by every user of this machine.", "711"),
    ],
)
def test_what_is_open_to_others_is_named_with_the_command_that_closes_it(
    place: Path, name: str, mode: int, level: Level, says: str, chmod: str
) -> None:
    (place / name).chmod(mode)
    found = checked(place)
    assert (found.check, found.level) == ("files", level)
    assert found.cause == f"{place / name} {says}"
    assert found.fix == f"Run `chmod {chmod} '{place / name}'`."
    assert "canary" not in str(found)
    (place / name).chmod(int(chmod, 8))
    assert checked(place).level is Level.OK


def test_a_directory_in_which_others_can_put_another_file_is_named(place: Path) -> None:
    place.chmod(0o777)
    found = checked(place)
    assert found.level is Level.FAILURE
    assert f"Other users can replace {place / '.env'}, because they can write to its directory." in found.cause
    assert found.fix == f"Run `chmod 755 '{place}'`."
    place.chmod(0o1777)  # as /tmp: files there can be replaced by their owner alone
    assert checked(place).level is Level.OK


def test_several_faults_are_one_finding(place: Path) -> None:
    (place / ".env").chmod(0o644)
    (place / "data").chmod(0o777)
    found = checked(place)
    assert found.level is Level.FAILURE
    assert found.fix == f"(1) Run `chmod 600 '{place / '.env'}'`. (2) Run `chmod 711 '{place / 'data'}'`."


def test_a_file_of_root_may_be_read_by_the_services_group(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / ".env").chmod(0o640)
    monkeypatch.setattr(os, "geteuid", lambda: (place / ".env").stat().st_uid + 1)
    said = checked(place)
    assert "can be read by its group" not in said.cause
    if (place / ".env").stat().st_uid == 0:
        assert said.level is Level.OK


def test_another_users_file_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Status:
        st_uid, st_mode = 4321, 0o100600

    monkeypatch.setattr(Path, "stat", lambda _: Status)
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    found = files.check(place / ".env", [], None)
    assert found.cause == f"{place / '.env'} belongs to another user (4321), who can change it."
    assert found.fix == f"Run `chown 1234 '{place / '.env'}'` as root."


def test_what_is_on_a_read_only_file_system_is_the_containers_affair(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / ".env").chmod(0o666)

    class ReadOnly:
        f_flag = os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: ReadOnly)
    assert checked(place).level is Level.OK
