"""A mail that a real relay takes and then cannot deliver: Postfix's own report makes its delivery bounced."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import create_connection

import pytest

from hireloop import db
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading import reports
from hireloop.notify.bounces.return_path import ReturnPath, ReturnPathTransport
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.worker.worker import Worker
from notify.factories import invite
from notify.records import state_of
from processes import WorkerProcess, environment, free_port
from sample_channels import EMAIL
from sample_settings import SECRET, settings_for
from servers.smtp import ScriptedSmtpServer

_POSTFIX = Path("/usr/sbin/postfix")
_START_SECONDS = 30.0
_SERVICES = """
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
"""

needs_postfix = pytest.mark.skipif(
    os.geteuid() != 0 or not _POSTFIX.exists(), reason="needs Debian's postfix, and to be root to start it"
)


@pytest.fixture
def recipients() -> Iterator[ScriptedSmtpServer]:
    """The mail server of the recipients' domain, which knows nobody."""
    server = ScriptedSmtpServer({"RCPT": "550 5.1.1 <asha@example.com>: Recipient address rejected: User unknown"})
    with server:
        yield server


@pytest.fixture
def ours() -> Iterator[ScriptedSmtpServer]:
    """The mail server of our own domain, where reports come in."""
    with ScriptedSmtpServer() as server:
        yield server


@pytest.fixture
def relay(recipients: ScriptedSmtpServer, ours: ScriptedSmtpServer) -> Iterator[int]:
    """The port of a Postfix that takes every mail and passes it on."""
    home, port = Path(tempfile.mkdtemp(prefix="hireloop-relay-", dir="/var/tmp")), free_port()
    home.chmod(0o755)
    for folder in ("config", "queue", "data"):
        (home / folder).mkdir()
    shutil.chown(home / "data", "postfix")
    (home / "config" / "main.cf").write_text(
        f"""
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.hire.example
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
transport_maps = inline:{{ example.com=smtp:[127.0.0.1]:{recipients.port}, hire.example=smtp:[127.0.0.1]:{ours.port} }}
smtp_dns_support_level = disabled
notify_classes =
"""
    )
    (home / "config" / "master.cf").write_text(f"127.0.0.1:{port} inet n - n - - smtpd{_SERVICES}")
    try:
        ran = subprocess.run(
            [_POSTFIX, "-c", home / "config", "start"], check=False, stdin=subprocess.DEVNULL, capture_output=True
        )
        assert ran.returncode == 0, ran.stderr
        wait_for(lambda: _answers(port), log=home / "log")
        yield port
    finally:
        subprocess.run([_POSTFIX, "-c", home / "config", "stop"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(so: Callable[[], object], *, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not so():
        assert time.monotonic() < until, log.read_text() if log.exists() else "no log"
        time.sleep(0.05)


@needs_postfix
@pytest.mark.usefixtures("database")
async def test_a_mail_that_a_relay_took_and_could_not_deliver_has_bounced(
    database_url: str, relay: int, ours: ScriptedSmtpServer
) -> None:
    settings = settings_for(
        database_url, email_host="127.0.0.1", email_port=relay, bounce_address="bounces@hire.example"
    )
    path = ReturnPath.of(settings)
    delivery = await invite(email="asha@example.com")
    transport = EmailTransport("", settings)
    worker = Worker(
        [(EMAIL, ReturnPathTransport(transport, path))],
        renderer=Renderer.of(settings, secret=SECRET, locale="en"),
        listen_url=database_url,
    )
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(60):
        while not ours.received or (await state_of(delivery))[0] != "sent":  # noqa: ASYNC110 (a relay's and a worker's fact)
            await asyncio.sleep(0.05)
    worker.stop()
    assert await running
    transport.close()
    (reported,) = ours.received
    assert reported.sender.startswith("MAIL FROM:<>")
    assert f"<{path.address(delivery)}>" in reported.recipient
    said = reports.read(reported.content)
    assert f"{delivery}@hire.example" in {message_id.strip("<>") for message_id in said.message_ids}
    assert said.recipients == {"asha@example.com"}
    recorded = await bounces.record(said, path)
    assert (recorded.delivery, recorded.result) == (delivery, bounces.ReportResult.BOUNCED)
    assert await state_of(delivery) == ("bounced", "recipient_unknown")
    reply = await db.fetch_value("SELECT last_reply FROM delivery")
    assert "550 5.1.1 <asha@example.com>: Recipient address rejected: User unknown" in reply


@pytest.mark.usefixtures("database")
async def test_without_a_mail_server_simulated_recipients_reach_their_ends(database_url: str) -> None:
    ends = {"sent": "sent", "rejected": "rejected", "bounced": "bounced"}
    deliveries = {name: await invite(email=f"{name}+1@simulated.test") for name in ends}
    with WorkerProcess(environment(database_url)) as worker:
        async with asyncio.timeout(60):
            while {name: (await state_of(ident))[0] for name, ident in deliveries.items()} != ends:  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0.1)
        assert worker.stop() == 0
