"""Every fault of a mail server: what the attempt, the span and the booking say of it, and that the next good try sends.

Postfix with Dovecot where they can commit the fault, Postfix's smtp-sink where it can, else a scripted server.
"""

import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from email import message_from_bytes
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
from opentelemetry.trace import StatusCode

from api.factories import post_booking
from factories import post_interview
from faults.scene import mail_through, make_due, until_attempt_ends, until_state, wake_workers
from hireloop.local.traces.otlp import ReceivedSpan
from hireloop.local.traces.spans import SpanReceiver
from hireloop.notify.deliveries import ledger
from processes import WorkerProcess, free_port
from servers import mail as real_mail_server
from servers.certificates import self_signed
from servers.mail import DOMAIN, PASSWORD, USER, RealMailServer
from servers.smtp import Drop, ScriptedSmtpServer, Step
from waiting import until, until_true

_LONG_REPLY = "451 4.3.0 " + "x" * 5000
_SMTP_SINK = Path("/usr/sbin/smtp-sink")
_PATIENCE_SECONDS = 20

Settings = dict[str, str]
Opens = Callable[[RealMailServer], AbstractContextManager[Settings]]


def on(name: str, **settings: str) -> Opens:
    """Use one of the real server's ports."""
    return lambda real: nullcontext({"EMAIL_PORT": str(real.port[name]), **settings})


def scripted(step: str, does: Step) -> Opens:
    @contextmanager
    def opened(_: RealMailServer) -> Iterator[Settings]:
        with ScriptedSmtpServer({step: does}) as server:
            yield {"EMAIL_PORT": str(server.port)}

    return opened


def sink(*options: str, **settings: str) -> Opens:
    @contextmanager
    def opened(_: RealMailServer) -> Iterator[Settings]:
        port = free_port()
        program = subprocess.Popen([_SMTP_SINK, *options, "-u", "postfix", f"127.0.0.1:{port}", "100"])
        try:
            real_mail_server.wait_for(port)
            yield {"EMAIL_PORT": str(port), **settings}
        finally:
            program.kill()
            program.wait(10)

    return opened


def nobody_there(_: RealMailServer) -> AbstractContextManager[Settings]:
    return nullcontext({"EMAIL_PORT": str(free_port())})


def no_such_name(_: RealMailServer) -> AbstractContextManager[Settings]:
    return nullcontext({"EMAIL_HOST": "mail.invalid", "EMAIL_PORT": "25"})


@contextmanager
def silent(_: RealMailServer) -> Iterator[Settings]:
    """Listen with a full queue, so that a connection is neither made nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 (the socket's own)
            one.connect_ex(listener.getsockname())
        yield {"EMAIL_PORT": str(listener.getsockname()[1]), "EMAIL_TIMEOUT": "1"}
        for one in waiting:
            one.close()


class Fault(NamedTuple):
    """Where a fault happens, and what is known of it afterwards."""

    opens: Opens
    outcome: str
    reason: str
    phase: str
    code: int | None = None
    words: str = ""  # in the other side's reply
    to: str = "asha"
    maybe_accepted: bool = False


_IMPATIENT = {"EMAIL_DATA_TIMEOUT": "1"}
_TLS = {"EMAIL_USE_TLS": "true"}
_SIGN_IN = {"EMAIL_HOST_USER": USER, "EMAIL_HOST_PASSWORD": f"not {PASSWORD}"}

FAULTS = {
    "connection refused": Fault(nobody_there, "retry", "connection_refused", "connect", words="refused"),
    "name not found": Fault(no_such_name, "retry", "name_not_found", "connect"),
    "connecting takes too long": Fault(silent, "retry", "timed_out", "connect"),
    "banner 554": Fault(on("refuses us"), "held", "server_refused", "connect", 554, "Client host rejected"),
    "dropped at EHLO": Fault(scripted("EHLO", Drop()), "retry", "connection_dropped", "connect"),
    "no STARTTLS": Fault(on("without STARTTLS", **_TLS), "held", "starttls_missing", "tls"),
    "certificate of nobody known": Fault(on("with STARTTLS", **_TLS), "held", "certificate_invalid", "tls"),
    "wrong password": Fault(
        on("with sign-in", **_SIGN_IN), "held", "auth_refused", "auth", 535, "authentication failed"
    ),
    "sender 550": Fault(on("refuses our sender"), "held", "sender_refused", "sender", 550, "We know no such sender"),
    "recipient 550": Fault(on("good"), "rejected", "recipient_unknown", "recipient", 550, "User unknown", to="nobody"),
    "recipient 450": Fault(on("good"), "retry", "recipient_deferred", "recipient", 450, "Greylisted", to="grey"),
    "452, the disk is full": Fault(on("is full"), "retry", "sender_deferred", "sender", 452, "Insufficient system"),
    "DATA 451": Fault(on("defers data"), "retry", "message_deferred", "data", 451, "Ask me later"),
    "DATA 552": Fault(on("takes small mail"), "rejected", "message_too_large", "reply", 552, "file too big"),
    "dropped at the end of DATA": Fault(sink("-q", "."), "retry", "connection_dropped", "reply", maybe_accepted=True),
    "silent after DATA": Fault(sink("-W", ".:30", **_IMPATIENT), "retry", "timed_out", "reply", maybe_accepted=True),
    "421 in mid-session": Fault(on("closes"), "retry", "server_busy", "recipient", 421, "Closing now"),
    "a reply of 5,000 bytes": Fault(
        scripted("RCPT", _LONG_REPLY), "retry", "recipient_deferred", "recipient", 451, "x" * 1000
    ),
}

pytestmark = pytest.mark.skipif(bool(real_mail_server.missing()), reason=real_mail_server.missing())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMailServer]:
    certificate = self_signed(tmp_path_factory.mktemp("certificate"), "127.0.0.1")
    with RealMailServer(certificate) as server:
        yield server


@pytest.fixture(scope="module")
def spans() -> Iterator[tuple[SpanReceiver, Settings]]:
    receiver = SpanReceiver()
    endpoint = receiver.start()
    yield receiver, {"TRACE_COPY_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    receiver.stop()


async def booked(api: httpx.AsyncClient, name: str) -> tuple[str, UUID]:
    """Book over HTTP for a candidate with a mailbox of their own; return the schedule's and the delivery's ids."""
    interview = await post_interview(api, email=f"{name}@{DOMAIN}")
    schedule = await post_booking(api, interview, minutes=24 * 60)
    return schedule["id"], UUID(schedule["invitation"]["deliveries"][0]["id"])


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_named_everywhere_and_the_next_good_try_sends(
    name: str, api: httpx.AsyncClient, database_url: str, real: RealMailServer, spans: tuple[SpanReceiver, Settings]
) -> None:
    fault, (receiver, tracing) = FAULTS[name], spans
    mailbox = f"{fault.to}.{uuid4().hex[:12]}"
    schedule, delivery = await booked(api, mailbox)

    with fault.opens(real) as settings, WorkerProcess(mail_through(database_url, 1, **tracing, **settings)):
        first = await until_attempt_ends(delivery, 1)
        shown = await booking_that_tells(api, schedule, fault.reason)
    assert (first.outcome, first.reason, first.phase, first.code) == (
        fault.outcome,
        fault.reason,
        fault.phase,
        fault.code,
    )
    assert fault.words.lower() in (first.reply or "").lower()
    assert len((first.reply or "").encode()) <= 1024
    assert first.maybe_accepted is fault.maybe_accepted
    assert shown["state"] == ("failed" if fault.outcome == "rejected" else "pending")

    trace = receiver.wait_for(
        first.trace_id or "", lambda found: bool(sends_of(found, first.span_id)), timeout=_PATIENCE_SECONDS
    )
    (send,) = sends_of(trace, first.span_id)
    assert send.status is StatusCode.ERROR
    assert fault.reason in send.status_text
    assert send.attributes["hireloop.phase"] == fault.phase
    assert send.attributes.get("hireloop.code") == fault.code

    await try_again(api, delivery, fault.outcome)
    good = {"EMAIL_PORT": str(real.port["takes everybody"])}
    with WorkerProcess(mail_through(database_url, 1, **good)):
        sent = await until_state(delivery, "sent")
    assert (await ledger.read()).unaccounted == 0
    await until_true(lambda: bool(real.mailbox(mailbox)), "the mail is in the mailbox")
    (mail,) = real.mailbox(mailbox)
    assert message_from_bytes(mail)["Message-ID"] == sent.message_id


def sends_of(found: Sequence[ReceivedSpan], attempt_span: str | None) -> list[ReceivedSpan]:
    return [span for span in found if span.name == "smtp.send" and span.parent_id == attempt_span]


async def booking_that_tells(api: httpx.AsyncClient, schedule: str, reason: str) -> dict[str, Any]:
    """Return the invitation as the booking shows it, once it shows the reason."""

    async def invitation() -> dict[str, Any] | None:
        shown: dict[str, Any] = (await api.get(f"/api/interviews/schedules/{schedule}/")).json()["invitation"]
        return shown if shown["deliveries"][0]["last_reason"] == reason else None

    return await until(invitation, f"the booking says {reason}")


async def try_again(api: httpx.AsyncClient, delivery: UUID, outcome: str) -> None:
    """Do what lets a delivery be tried again: nothing for a held channel, waiting for a retry, else a replay."""
    if outcome == "rejected":
        answer = await api.post(f"/api/notifications/deliveries/{delivery}/replay/")
        assert answer.status_code == 200, answer.text
    elif outcome == "retry":
        await make_due(delivery)
    await wake_workers()
