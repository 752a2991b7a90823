"""Commands find the installation that they are meant for, and say which one it is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hireloop.local import home, record
from hireloop.local.place import DataLocation
from hireloop.local.record import InstallationRecord

OWN = "postgresql://me@db.example/hire"
UPS = {"DATABASE_URL": "postgresql://hireloop@/hireloop?host=/s", "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": "1025"}


@pytest.fixture
def data_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data directory with a secret; `.env` is nobody's."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_text("s" * 64)
    monkeypatch.setenv("HIRELOOP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


@pytest.fixture
def up(data_dir: Path) -> Iterator[InstallationRecord]:
    """An `up` that runs there, on its own PostgreSQL."""
    made = InstallationRecord(
        url="http://localhost:8123", pid=1, database=record.mark_of(UPS["DATABASE_URL"]), settings=UPS
    )
    with record.alone(data_dir):
        record.write(data_dir, made)
        yield made


@pytest.mark.usefixtures("up")
def test_the_one_that_up_runs_is_found_with_its_database_its_mailbox_and_its_secret(data_dir: Path) -> None:
    found = home.find()
    assert found.which == f"The installation started by `hireloop up` at http://localhost:8123 (data in {data_dir})."
    assert found.settings.database_url == UPS["DATABASE_URL"]
    assert (found.settings.email_host, found.settings.email_port) == ("127.0.0.1", 1025)
    assert found.settings.secrets == ("s" * 64,)


@pytest.mark.usefixtures("up")
def test_who_names_another_database_means_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", OWN)
    found = home.find()
    assert found.which == "The installation that DATABASE_URL points to."
    assert (found.settings.database_url, found.settings.email_host) == (OWN, "")


def test_up_on_a_database_of_ones_own_is_found_too(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", OWN)
    made = InstallationRecord(
        url="http://localhost:8123", pid=1, database=record.mark_of(OWN), settings={"EMAIL_HOST": "127.0.0.1"}
    )
    with record.alone(data_dir):
        record.write(data_dir, made)
        found = home.find()
    assert found.which.startswith("The installation started by `hireloop up` at http://localhost:8123")
    assert (found.settings.database_url, found.settings.email_host) == (OWN, "127.0.0.1")


def test_where_none_runs_this_machines_own_is_named_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr(home, "place_of", lambda _: DataLocation(data_dir))
    (data_dir / "postgres").mkdir()
    found = home.find()
    assert found.which == f"This machine's own installation, which is not running (data in {data_dir})."
    assert found.settings.database_url is None
    assert found.settings.secrets == ("s" * 64,)
    assert sorted(path.name for path in data_dir.iterdir()) == ["postgres", "secret"]


def test_where_there_is_none_it_is_said_and_nothing_is_made(data_dir: Path) -> None:
    found = home.find()
    assert not found.is_there
    assert found.which.startswith(
        f"The settings of this environment: DATABASE_URL is not set, and there is no database in {data_dir}."
    )
    assert sorted(path.name for path in data_dir.iterdir()) == ["secret"]


@pytest.mark.skipif(os.geteuid() != 0, reason="root makes what others may not enter")
def test_an_installation_that_is_closed_to_us_is_named_with_its_owner_and_not_advised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / ".hireloop"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(home, "others_with_a_database", lambda _: iter([closed]))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert home.new_beside_another(tmp_path / "new") == (
        f"The database in {tmp_path}/new is new and empty. There is one in {closed} that belongs to the user root. "
        "To use it, run this command as that user or as root."
    )


def test_a_new_database_beside_another_one_is_said(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setattr(home, "others_with_a_database", lambda _: iter([Path("/var/lib/hireloop"), Path("/b")]))
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert home.new_beside_another(data_dir) == (
        f"The database in {data_dir} is new and empty. Another one exists in /var/lib/hireloop and in /b. "
        "To use it, set HIRELOOP_DATA_DIR=/var/lib/hireloop."
    )
    (data_dir / "postgres").mkdir()
    assert home.new_beside_another(data_dir) == ""


def test_a_new_database_that_is_the_only_one_needs_no_word(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setattr(home, "others_with_a_database", lambda _: iter([]))
    assert home.new_beside_another(data_dir) == ""
