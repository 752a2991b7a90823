"""The check of chats and webhooks: what is wrong with a transport, and what fixes it."""

from pathlib import Path

import msgspec
import pytest

from hireloop.notify.diagnosis import others
from hireloop.notify.diagnosis.findings import Finding, Level
from hireloop.notify.transport import Channel
from hireloop.settings import Settings
from sample_channels import EMAIL

PAGER = msgspec.structs.replace(EMAIL, name="pager-1", transport_name="pager", url="pager://canary")


def install(folder: Path, module: str | None, offered: str) -> None:
    """Put a package on the import path as an installer does; without its module where that is None."""
    if module is not None:
        (folder / "pager_for_tests.py").write_text(module)
    info = folder / "some_pager-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-pager\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[hireloop.transports]\npager = pager_for_tests:{offered}\n")


def checked(channel: Channel) -> Finding:
    return others.check(channel, Settings.read(_env_file=None))


def test_a_transport_that_nobody_offers_is_to_be_installed() -> None:
    found = checked(PAGER)
    assert found.cause == "No installed package provides the transport pager."
    assert found.fix == "Install a package that does on every machine that runs a worker."


@pytest.mark.parametrize(
    ("module", "cause", "fix"),
    [
        (
            None,
            "The transport 'pager' of some-pager 1.2 raised ModuleNotFoundError.",
            "Reinstall the package some-pager, or install a newer version.",
        ),
        (
            "import sys\nsys.exit(3)",
            "The transport 'pager' of some-pager 1.2 raised SystemExit.",
            "Reinstall the package some-pager, or install a newer version.",
        ),
        (
            "x = 1",
            "The transport 'pager' of some-pager 1.2 raised AttributeError.",
            "Reinstall the package some-pager, or install a newer version.",
        ),
        (
            "class Pager:\n  def __init__(self, url, settings): pass",
            "The transport 'pager' of some-pager 1.2 has no method `send`.",
            "Install a newer version of the package some-pager, or remove the channel.",
        ),
        (
            "class Pager:\n  def __init__(self, url, settings): raise ValueError(url)",
            "The transport 'pager' of some-pager 1.2 raised ValueError.",
            "Correct its URL in CHAT_URLS or APPRISE_CONFIG. If it is correct, install a newer version of some-pager.",
        ),
    ],
)
def test_a_broken_transport_says_how_it_is_broken_and_what_fixes_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str | None, cause: str, fix: str
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "pager_for_tests", raising=False)
    install(tmp_path, module, "Pager")
    found = checked(PAGER)
    assert (found.check, found.level, found.cause, found.fix) == ("pager-1", Level.FAILURE, cause, fix)
    assert "canary" not in repr(found)
