"""The example package: installed apart from us, it keeps the contract, and a worker finds it and sends through it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from factories import outbox_of
from hireloop import db
from hireloop.notify.channels import configured
from hireloop.notify.deliveries import deliveries
from hireloop.notify.messages import AlertCause, AlertMessage
from hireloop.notify.transport import InstalledTransport, installed_transports, open_transport
from processes import Hireloop, environment
from sample_settings import settings_for

EXAMPLE = Path(__file__).parents[2] / "examples" / "hireloop-transport-command"
PROGRAM = "src/hireloop_transport_command/__init__.py"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the package is installed, from its own wheel, without a network."""
    target, copy = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("source") / EXAMPLE.name
    shutil.copytree(EXAMPLE, copy)
    install(copy, target)
    return target


def install(source: Path, target: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("there is no uv to install the example with")
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([uv, "pip", "install", *options, "--target", target, source], check=True)


def run_its_tests(package: Path, installed: Path, cwd: Path, *options: str) -> str:
    """Return what pytest says of the package's own tests, which all ran and passed."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", *options, package],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
    assert "skipped" not in ran.stdout
    return ran.stdout


def test_the_installed_package_passes_its_own_tests(installed: Path, tmp_path: Path) -> None:
    said = run_its_tests(EXAMPLE, installed, tmp_path, "-W", "error::DeprecationWarning")
    assert "warning" not in said


def test_a_package_of_before_the_rooms_had_rooms_works_and_is_told_the_new_path(tmp_path: Path) -> None:
    old, target = tmp_path / EXAMPLE.name, tmp_path / "installed"
    shutil.copytree(EXAMPLE, old)
    for file in old.rglob("*.py"):
        file.write_text(file.read_text().replace("hireloop.notify.transport ", "hireloop.notify.channels "))
    assert "from hireloop.notify.channels import Evidence" in (old / PROGRAM).read_text()
    install(old, target)
    said = run_its_tests(old, target, tmp_path, "-W", "default::DeprecationWarning")
    told = "import Evidence from hireloop.notify.transport: hireloop.notify.channels hands it on until 1.0"
    assert told in said
    assert f"{Path(PROGRAM).relative_to('src')}:" in said  # the line that is to be changed, not one of ours


def test_it_is_listed_with_its_package_and_version(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    listed = {found.name: found for found in installed_transports()}
    assert listed["command"] == InstalledTransport(
        name="command", package="hireloop-transport-command", version="0.1.0"
    )


@pytest.mark.usefixtures("database")
async def test_a_worker_finds_it_and_hands_a_message_to_the_program(
    installed: Path, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tell-the-pager"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/message\necho paged\n")
    program.chmod(0o700)
    monkeypatch.syspath_prepend(installed)
    settings = settings_for(database_url, chat_urls=f"command://{program}?timeout=30")
    channels = configured.channels(settings)
    [channel] = [channel for channel in channels if channel.transport_name == "command"]
    assert type(open_transport(channel, settings)).__name__ == "CommandTransport"

    outbox = outbox_of(channel)
    alert = AlertMessage(cause=AlertCause.HELD, subject="email", channel="email", reason="auth_refused", send_to=None)
    [delivery] = await outbox.put([alert], now=datetime.now(UTC))
    env = environment(
        database_url, CHAT_URLS=f"command://{program}?timeout=30", PYTHONPATH=str(installed), BASE_URL=settings.base_url
    )
    with Hireloop("work", env=env) as worker:
        until = time.monotonic() + 60
        while await db.fetch_value("SELECT state FROM delivery") != "sent":
            assert time.monotonic() < until, worker.log.read_text()
            await asyncio.sleep(0.05)
    found, [attempt] = await deliveries.find(delivery.id, channels)
    assert (found.state, attempt.outcome, attempt.code, attempt.reply) == ("sent", "sent", 0, "paged\n")
    told = json.loads((tmp_path / "message").read_text())
    assert (told["message_id"], told["kind"], told["recipient"]) == (delivery.message_id, "alert", channel.name)
    assert told["subject"]
