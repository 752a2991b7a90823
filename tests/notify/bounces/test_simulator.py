"""Recipients at a reserved domain, which end as their names say and touch no network."""

import asyncio
from pathlib import Path

import pytest

from hireloop import db
from hireloop.notify.bounces import simulator
from hireloop.notify.bounces.return_path import ReturnPath, ReturnPathTransport
from hireloop.notify.bounces.simulator import Simulator
from hireloop.notify.channels.providers import Route
from hireloop.notify.reasons import Reason
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent, Transport
from hireloop.notify.worker import circuit
from hireloop.notify.worker.worker import Worker
from notify.factories import invite, mailed
from notify.records import state_of
from sample_channels import EMAIL
from sample_settings import SECRET, settings_for

PATH = ReturnPath("bounces@hire.example", [SECRET])
NAMES = {*simulator._REPLIES, *simulator._FIRST_REPLIES}  # noqa: SLF001 (the tables that are tested)
DOCS = Path(__file__).parents[3] / "docs"


class Broken:
    """A transport that nothing simulated must reach."""

    def send(self, parcel: Parcel) -> Outcome:  # noqa: ARG002 (the protocol's signature)
        return Held(reason=Reason.NO_MAIL_HOST, evidence=Evidence(phase=Phase.CONFIGURE))


def parcel(recipient: str, message_id: str = "<1@hire.example>") -> Parcel:
    return Parcel(recipient=recipient, subject="s", text="t", html="h", message_id=message_id)


@pytest.fixture
def transport() -> Transport:
    return Simulator(PATH).around(Broken())


@pytest.mark.parametrize(
    ("name", "kind", "reason", "code"),
    [
        ("sent", Sent, None, 250),
        ("SENT+anything", Sent, None, 250),
        ("bounced", Sent, None, 250),
        ("rejected", Rejected, "recipient_unknown", 550),
        ("no-such-name", Rejected, "recipient_unknown", 550),
        ("full", Rejected, "mailbox_full", 552),
        ("blocked", Retry, "policy_block", 554),
        ("deferred", Retry, "recipient_deferred", 451),
    ],
)
def test_a_simulated_recipient_ends_as_its_name_says(
    transport: Transport, name: str, kind: type[Outcome], reason: str | None, code: int
) -> None:
    for _ in range(2):
        outcome = transport.send(parcel(f"{name}@Simulated.Test"))
        assert isinstance(outcome, kind)
        assert getattr(outcome, "reason", None) == reason
        assert outcome.evidence.code == code
        assert outcome.evidence.reply.endswith("(simulated)")


def test_a_greylisted_one_is_deferred_once(transport: Transport) -> None:
    first, second = (transport.send(parcel("greylisted+a@simulated.test")) for _ in range(2))
    assert isinstance(first, Retry)
    assert (first.reason, first.evidence.code, first.maybe_accepted) == ("recipient_deferred", 450, False)
    assert isinstance(second, Sent)
    assert isinstance(transport.send(parcel("greylisted@simulated.test", "<2@hire.example>")), Retry)


def test_a_maybe_loses_the_answer_to_the_message_once(transport: Transport) -> None:
    first, second = (transport.send(parcel("maybe@simulated.test")) for _ in range(2))
    assert isinstance(first, Retry)
    assert (first.reason, first.evidence.phase, first.maybe_accepted) == ("connection_dropped", Phase.REPLY, True)
    assert isinstance(second, Sent)


@pytest.mark.parametrize(
    "recipient", ["sent@example.com", "sent@simulated.test.example", "sent@sub.simulated.test", "x"]
)
def test_every_other_recipient_goes_the_real_way(transport: Transport, recipient: str) -> None:
    assert isinstance(transport.send(parcel(recipient)), Held)


@pytest.mark.parametrize("name", sorted(NAMES))
async def test_no_simulated_answer_says_anything_of_the_channel(transport: Transport, name: str) -> None:
    first = transport.send(parcel(f"{name}@simulated.test"))
    assert not isinstance(first, Held)
    await circuit.after_try(EMAIL, Route.PRIMARY, first, probing=True)  # has no database to open the channel in


@pytest.mark.usefixtures("database")
async def test_simulated_blocks_are_not_counted_with_the_real_ones() -> None:
    await mailed("rejected", email="blocked@simulated.test")
    await db.fetch(
        "UPDATE attempt SET outcome = 'retry', reason = 'policy_block', code = 554, phase = 'recipient',"
        " fingerprint = $1",
        EMAIL.fingerprint,
    )
    assert await circuit.blocking_domains(EMAIL, Route.PRIMARY) == 0
    await db.fetch("UPDATE delivery SET recipient = 'asha@example.com'")
    assert await circuit.blocking_domains(EMAIL, Route.PRIMARY) == 1


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("address", ["bounces@hire.example", ""])
async def test_a_bounced_one_is_sent_and_comes_back_later_through_the_same_intake(address: str) -> None:
    now = 0.0
    path = ReturnPath(address, [SECRET])
    simulated = Simulator(path, clock=lambda: now)
    delivery = await mailed(email="bounced+1@simulated.test")
    transport = ReturnPathTransport(simulated.around(Broken()), path)
    assert isinstance(transport.send(parcel("bounced+1@simulated.test", f"<{delivery}@hire.example>")), Sent)
    transport.send(parcel("bounced@simulated.test", "<a trial without a delivery@hire.example>"))
    await simulated.report()
    assert await state_of(delivery) == ("sent", None)
    now += simulator.BOUNCE_SECONDS
    await simulated.report()
    assert await state_of(delivery) == ("bounced", "recipient_unknown")


@pytest.mark.usefixtures("database")
async def test_a_worker_brings_a_simulated_recipient_to_its_end(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "BOUNCE_SECONDS", 0.1)
    delivery = await invite(email="bounced@simulated.test")
    simulated = Simulator(PATH)
    one = Worker(
        [(EMAIL, ReturnPathTransport(simulated.around(Broken()), PATH))],
        renderer=_renderer(database_url),
        listen_url=database_url,
        chores=[(0.05, simulated.report)],
    )
    running = asyncio.create_task(one.run())
    async with asyncio.timeout(30):
        while (await state_of(delivery))[0] != "bounced":  # noqa: ASYNC110 (the fact is in the database)
            await asyncio.sleep(0.02)
    one.stop()
    assert await running


def _renderer(url: str) -> Renderer:
    settings = settings_for(url)
    return Renderer(
        secret=SECRET, base_url=settings.base_url, sender=settings.mail_sender.address, zone=settings.zone, locale="en"
    )


@pytest.mark.parametrize("page", ["reference/transports.md"])
def test_the_documents_name_every_simulated_recipient(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert {name for name in NAMES if f"`{name}@simulated.test`" in text} == NAMES
