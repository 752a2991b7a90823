"""`hireloop bounces`, as a mail server's pipe runs it and as a service reads a mailbox."""

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote
from uuid import UUID

import pytest

from hireloop import db
from hireloop.local.traces.spans import SpanReceiver
from hireloop.notify.bounces.return_path import ReturnPath
from notify.bounces.sample_reports import report, sample
from notify.factories import mailed
from notify.records import state_of
from processes import Hireloop, environment
from sample_settings import SECRET
from servers import imap as imap_server
from servers.certificates import self_signed
from servers.imap import PASSWORD, USER, ImapServer

PATH = ReturnPath("bounces@hire.example", [SECRET])


def piped(mail: bytes, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end with a mail on its standard input."""
    ran = subprocess.run(
        [sys.executable, "-m", "hireloop", "bounces", *arguments],
        env=env,
        input=mail,
        capture_output=True,
        timeout=60,
        check=False,
        cwd=tempfile.gettempdir(),
    )
    return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def shown(delivery: UUID, env: dict[str, str]) -> str:
    """Return what the command shows of a delivery and of the mails that came back."""
    arguments = ["deliveries", "show", "--returned", str(delivery)]
    ran = subprocess.run(
        [sys.executable, "-m", "hireloop", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=tempfile.gettempdir(),
    )
    return ran.stdout


def address_of(delivery: UUID) -> str:
    address = PATH.address(delivery)
    assert address is not None
    return address


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    return environment(database_url)


@pytest.fixture
async def delivery(database_url: str) -> AsyncIterator[UUID]:
    """A delivery that was sent, and the database of the commands."""
    async with db.opened(database_url, pool_size=2):
        yield await mailed()


async def test_a_report_on_standard_input_is_taken(delivery: UUID, env: dict[str, str]) -> None:
    ran = piped(report(to=address_of(delivery)), env)
    assert (ran.returncode, ran.stdout) == (0, f"bounced: delivery {delivery} is bounced  recipient_unknown\n")
    assert await state_of(delivery) == ("bounced", "recipient_unknown")
    assert '"event": "bounce.recorded"' in ran.stderr
    assert "@" not in ran.stdout + ran.stderr
    assert piped(report(to=address_of(delivery)), env).stdout.startswith("again: ")


async def test_what_cannot_be_read_is_kept_and_can_be_shown(delivery: UUID, env: dict[str, str]) -> None:
    ran = piped(sample("daemon_says_little", to=address_of(delivery)), env)
    assert (ran.returncode, ran.stdout) == (0, f"returned: delivery {delivery} is sent  came_back\n")
    said = shown(delivery, env)
    assert "reply: Notice: The postmaster of this system wishes you a good day." in said
    assert "1 email came back." in said
    assert "  | Reference: 4711" in said


async def test_a_report_ends_in_the_trace_of_its_booking_where_spans_are_collected(
    delivery: UUID, env: dict[str, str]
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    await db.fetch("UPDATE delivery SET traceparent = $1", f"00-{trace_id}-b7ad6b7169203331-01")
    receiver = SpanReceiver()
    try:
        ran = piped(report(to=address_of(delivery)), {**env, "TRACE_COPY_ENDPOINT": receiver.start()})
        (span,) = receiver.trace(trace_id)
    finally:
        receiver.stop()
    assert ran.returncode == 0
    assert (span.name, span.attributes["hireloop.delivery.id"]) == ("delivery.bounce", str(delivery))
    assert span.attributes["hireloop.reason"] == "recipient_unknown"


async def test_the_pipe_may_say_whom_the_report_is_for(delivery: UUID, env: dict[str, str]) -> None:
    hidden = report("exim_failed", to="someone@elsewhere.example")
    assert piped(hidden, env).stdout == "a report that does not match any delivery\n"
    ran = piped(hidden, env, "--recipient", address_of(delivery))
    assert ran.stdout == f"bounced: delivery {delivery} is bounced  mailbox_full\n"


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (b"", "neither a report"),
        (b"\xff\x00" * 1_000_000, "neither a report"),
        (report("not_out_of_office"), "neither a report"),
        (report(), "a report that does not match any delivery"),
    ],
)
def test_what_can_be_read_is_never_sent_back(mail: bytes, said: str, env: dict[str, str]) -> None:
    ran = piped(mail, env)
    assert ran.returncode == 0
    assert ran.stdout.startswith(said)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DATABASE_URL", "postgresql://hireloop@127.0.0.1:1/hireloop"),
        ("SECRET_KEY", "another secret than the database's, by far"),
        ("EMAIL_PORT", "canary"),
    ],
)
def test_our_own_failure_makes_the_mail_server_come_again(setting: str, value: str, env: dict[str, str]) -> None:
    ran = piped(report(), {**env, setting: value})
    assert ran.returncode == 75
    assert ran.stdout == ""
    assert ran.stderr.startswith("hireloop: ")
    assert "Traceback" not in ran.stderr


def test_wrong_usage_says_how(env: dict[str, str]) -> None:
    ran = piped(b"", env, "--every", "60")
    assert ran.returncode == 2
    assert "--every requires --imap" in ran.stderr
    ran = piped(b"", env, "--imap")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "BOUNCE_IMAP_URL is not set" in ran.stderr


# --- A mailbox --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ImapServer, dict[str, str]]]:
    """A real IMAP server, and the settings that read it."""
    if imap_server.missing():
        pytest.skip(imap_server.missing())
    certificate = self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1")
    with ImapServer(certificate) as server:
        url = f"imaps://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}/INBOX"
        yield server, {"BOUNCE_IMAP_URL": url, "SSL_CERT_FILE": str(certificate.cert)}


async def test_of_a_mailbox_only_the_reports_about_our_mail_are_taken(
    delivery: UUID, env: dict[str, str], imap: tuple[ImapServer, dict[str, str]]
) -> None:
    server, settings = imap
    server.empty()
    server.put("holiday", report("not_out_of_office", to=address_of(delivery)))
    server.put("ours", report("office365_failed", to=address_of(delivery)))
    server.put("strangers", report("gmail_failed"))
    ran = piped(b"", {**env, **settings}, "--imap")
    assert ran.returncode == 0, ran.stderr
    assert f"bounced: delivery {delivery} is bounced  recipient_unknown\n" in ran.stdout
    assert [line[:6] for line in ran.stdout.splitlines()[:3]] == ["1 of 3", "2 of 3", "3 of 3"]
    assert ran.stdout.endswith("2 processed, 1 left unchanged\n")
    assert server.seen() == {"holiday": True, "ours": True, "strangers": False}
    assert await state_of(delivery) == ("bounced", "recipient_unknown")
    assert PASSWORD not in ran.stdout + ran.stderr
    assert piped(b"", {**env, **settings}, "--imap").stdout.endswith("1 left unchanged\n")


async def test_a_mailbox_is_read_again_and_again_until_ctrl_c(
    delivery: UUID, env: dict[str, str], imap: tuple[ImapServer, dict[str, str]]
) -> None:
    server, settings = imap
    server.empty()
    server.put("strangers", report("gmail_failed"))
    with Hireloop("bounces", "--imap", "--every", "1", env={**env, **settings}) as service:
        service.wait_for_log("1 left unchanged")
        server.put("ours", report(to=address_of(delivery)))
        service.wait_for_log(f"1 of 1: bounced: delivery {delivery}")
        service.process.send_signal(2)
        assert service.process.wait(20) == 0
        assert service.log.read_text().count("left unchanged") == 1  # looked at once


def test_a_mailbox_that_is_away_is_one_sentence(env: dict[str, str]) -> None:
    away = {**env, "BOUNCE_IMAP_URL": "imaps://bounces:canary@127.0.0.1:1/INBOX"}
    ran = piped(b"", away, "--imap")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "hireloop: The mailbox at BOUNCE_IMAP_URL cannot be reached (ConnectionRefusedError).\n"
    with Hireloop("bounces", "--imap", "--every", "1", env=away) as service:
        service.wait_for_log("The mailbox is read again in 1 s.")
        assert "canary" not in service.log.read_text()
