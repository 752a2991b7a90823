"""The data directory of a user who names none."""

import os
from pathlib import Path

import pytest

from hireloop.local import data_dir as places
from hireloop.local.data_dir import checkout, default_data_dir, others_with_a_database

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose checkout, home and system directory are below one folder."""
    monkeypatch.setattr(places, "checkout", lambda: tmp_path / "checkout")
    monkeypatch.setattr(places, "SYSTEMS", tmp_path / "system")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    (tmp_path / "checkout").mkdir()
    return tmp_path


def test_the_checkout_is_the_one_that_the_package_is_run_from() -> None:
    assert checkout() == TOP


def test_in_a_checkout_it_is_the_checkouts(elsewhere: Path) -> None:
    assert default_data_dir() == elsewhere / "checkout" / ".hireloop"


def test_of_an_installed_package_it_is_the_users_and_roots_the_systems(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    monkeypatch.setattr(places, "checkout", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_data_dir() == elsewhere / "system"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_data_dir() == elsewhere / "home" / "hireloop"


def test_in_a_checkout_of_somebody_else_it_is_the_users(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert default_data_dir() == elsewhere / "home" / "hireloop"
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert default_data_dir() == elsewhere / "checkout" / ".hireloop"
    (elsewhere / "checkout" / ".hireloop").mkdir()  # of another user than this one pretends to be
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert default_data_dir() == elsewhere / "home" / "hireloop"


def test_databases_in_the_other_places_are_named_and_nothing_else(elsewhere: Path) -> None:
    ours = elsewhere / "checkout" / ".hireloop"
    assert list(others_with_a_database(ours)) == []
    (elsewhere / "system").mkdir()  # holds none
    for used in (ours, elsewhere / "home" / "hireloop"):
        (used / "postgres").mkdir(parents=True)
    assert list(others_with_a_database(ours)) == [elsewhere / "home" / "hireloop"]
    assert list(others_with_a_database(elsewhere / "home" / "hireloop")) == [ours]
    (elsewhere / "system" / "postgres").mkdir()
    assert list(others_with_a_database(Path("/new"))) == [ours, elsewhere / "home" / "hireloop", elsewhere / "system"]
