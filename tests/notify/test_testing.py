"""The contract suite: every transport that comes with HireLoop keeps it, and a transport that does not is found out."""

import base64
import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from hireloop.notify.testing import OtherSide, Scene, TransportContract, sample_parcel
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent, Transport
from hireloop.notify.transports.chat.apprise import AppriseTransport
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.transports.webhook import webhook
from hireloop.notify.transports.webhook.webhook import WebhookTransport
from hireloop.settings import Settings
from servers.http import Does, Raw, Reply, ScriptedHttpServer
from servers.smtp import Drop, Hang, ScriptedSmtpServer, Step

_PASSWORD = "s3cret-of-the-mail"
_TOKEN = "T0KEN-0f-the-endpoint"
_KEY = base64.b64encode(bytes(range(32))).decode()


def settings(**values: Any) -> Settings:  # noqa: ANN401 (each setting has its own type)
    return Settings.read(_env_file=None, **values)


def seconds(scene: Scene) -> float:
    """Return how long a transport is to wait: not long for what will not come, and long enough for what will."""
    return 0.5 if scene is Scene.HANGS else 20.0


class MailServer:
    """A real SMTP server as the other side of the transport `email`."""

    secrets: Sequence[str] = (_PASSWORD, base64.b64encode(f"\0me\0{_PASSWORD}".encode()).decode())
    _scripts: dict[Scene, dict[str, Step | Sequence[Step]]] = {  # noqa: RUF012 (nobody writes it)
        Scene.DEFERS: {"RCPT": "450 4.2.0 Greylisted"},
        Scene.REFUSES: {"RCPT": "550 5.1.1 No such user"},
        Scene.DROPS: {"end": Drop()},
        Scene.HANGS: {"end": Hang()},
        Scene.BABBLES: {"RCPT": "what?"},
    }

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._servers: list[ScriptedSmtpServer] = []

    def open(self, scene: Scene) -> Transport:
        server = ScriptedSmtpServer(self._scripts.get(scene))
        if scene is Scene.AWAY:
            with server:
                pass
        else:
            self._servers.append(self._stack.enter_context(server))
        transport = EmailTransport(
            "",
            settings(
                email_backend="console" if scene is Scene.MISCONFIGURED else "smtp",
                email_host="127.0.0.1",
                email_port=server.port,
                email_host_user="me",
                email_host_password=_PASSWORD,
                email_data_timeout=seconds(scene),
                default_from_email="HireLoop <interviews@hire.example>",
            ),
        )
        self._stack.callback(transport.close)
        return transport

    def tries(self) -> int:
        return sum(command.startswith("MAIL") for server in self._servers for command in server.commands())

    def ids(self) -> list[str]:
        content = [mail.content.decode("ascii", "replace") for server in self._servers for mail in server.received]
        return [re.findall(r"^Message-ID: *(?:\r\n +)?(\S*)", text, re.MULTILINE)[0] for text in content]


class Endpoint:
    """A real HTTP server as the other side of the transports `webhook` and `apprise`."""

    secrets: Sequence[str] = (_TOKEN, _KEY)
    _does: dict[Scene, Does] = {  # noqa: RUF012 (nobody writes it)
        Scene.DEFERS: Reply(503, f"Not now: POST /{_TOKEN}".encode(), {"Retry-After": "60"}),
        Scene.REFUSES: Reply(405, f"Cannot POST /{_TOKEN}".encode()),
        Scene.DROPS: Drop(),
        Scene.HANGS: Hang(),
        Scene.BABBLES: Raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    }

    def __init__(self, stack: ExitStack, opens: Callable[[str, Scene], Transport], header: str) -> None:
        self._stack, self._opens, self._header = stack, opens, header
        self._servers: list[ScriptedHttpServer] = []

    def open(self, scene: Scene) -> Transport:
        server = ScriptedHttpServer(self._does.get(scene, Reply(200, b"thanks")))
        if scene is Scene.AWAY:
            with server:
                pass
        else:
            self._servers.append(self._stack.enter_context(server))
        return self._opens("" if scene is Scene.MISCONFIGURED else f"127.0.0.1:{server.port}/{_TOKEN}", scene)

    def tries(self) -> int:
        return sum(len(server.received) for server in self._servers)

    def ids(self) -> list[str]:
        requests = [request for server in self._servers for request in server.received]
        return [request.headers.get(self._header) or request.body.decode() for request in requests]


class TestEmail(TransportContract):
    @pytest.fixture
    def other_side(self) -> Iterator[OtherSide]:
        with ExitStack() as stack:
            yield MailServer(stack)


class TestWebhook(TransportContract):
    @pytest.fixture
    def other_side(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherSide]:
        signed = settings(webhook_secret=f"whsec_{_KEY}", webhook_allow_private=True)

        def opens(where: str, scene: Scene) -> Transport:
            monkeypatch.setattr(webhook, "TRY_SECONDS", seconds(scene))
            return WebhookTransport(where and f"http://{where}", signed)

        with ExitStack() as stack:
            yield Endpoint(stack, opens, "webhook-id")


class TestApprise(TransportContract):
    @pytest.fixture
    def other_side(self) -> Iterator[OtherSide]:
        def opens(where: str, scene: Scene) -> Transport:
            return AppriseTransport(where and f"json://{where}", settings(email_timeout=seconds(scene)))

        with ExitStack() as stack:
            yield Endpoint(stack, opens, "no such header: a chat message has no id")


# A transport that breaks one promise fails the test of that promise


Answers = Callable[["Fake", Parcel], object]


class Fake:
    """An other side without a network, and a transport whose answers the test chooses."""

    secrets: Sequence[str] = (_TOKEN,)

    def __init__(self, answers: Answers, *, asks_when_opened: bool = False) -> None:
        self._answers, self._asks = answers, asks_when_opened
        self.asked: list[str] = []
        self.scene = Scene.ACCEPTS

    def open(self, scene: Scene) -> Transport:
        self.scene = scene
        if self._asks:
            self.asked.append("opened")
        return self  # type: ignore[return-value] # what it answers is the point

    def send(self, parcel: Parcel) -> object:
        self.asked.append(parcel.message_id)
        return self._answers(self, parcel)

    def tries(self) -> int:
        return len(self.asked)

    def ids(self) -> list[str]:
        return self.asked


_SEEN = Evidence(phase=Phase.HTTP, code=200)
_LATER = Retry(reason="timed_out", evidence=_SEEN)
_HELD = Held(reason="bad_address", evidence=Evidence(phase=Phase.CONFIGURE))


def keeps_the_contract(side: Fake, _parcel: Parcel) -> Outcome:
    match side.scene:
        case Scene.ACCEPTS:
            return Sent(evidence=_SEEN)
        case Scene.REFUSES:
            return Rejected(reason="refused", evidence=_SEEN)
        case Scene.MISCONFIGURED:
            return _HELD
        case Scene.DROPS | Scene.HANGS:
            return Retry(reason="timed_out", evidence=_SEEN, maybe_accepted=True)
        case _:
            return _LATER


def asks_twice(side: Fake, parcel: Parcel) -> Outcome:
    side.asked.append(parcel.message_id)
    return keeps_the_contract(side, parcel)


def makes_an_id_of_its_own(side: Fake, parcel: Parcel) -> Outcome:
    side.asked[-1] = str(len(side.asked))
    return keeps_the_contract(side, parcel)


def forgets_the_id(side: Fake, parcel: Parcel) -> Outcome:
    side.asked[-1] = "always the same"
    return keeps_the_contract(side, parcel)


def raises(_side: Fake, _parcel: Parcel) -> Outcome:
    raise ZeroDivisionError


def raises_for_odd_texts(side: Fake, parcel: Parcel) -> Outcome:
    parcel.text.encode()
    return keeps_the_contract(side, parcel)


def logs_the_recipient(side: Fake, parcel: Parcel) -> Outcome:
    logging.getLogger("plugin").info("to %s", parcel.recipient)
    return keeps_the_contract(side, parcel)


class TestContract(TransportContract):
    """The suite on a transport that keeps every promise: what fails below fails for what is broken there."""

    @pytest.fixture
    def other_side(self) -> OtherSide:
        return Fake(keeps_the_contract)


contract = TestContract()
accepted = contract.test_an_accepted_message_is_sent_and_says_what_was_replied
later = contract.test_what_may_go_better_later_is_retried_by_the_hub_and_not_by_the_transport
perhaps = contract.test_a_message_that_went_out_without_a_reply_may_have_been_accepted
surely_not = contract.test_a_message_that_was_not_taken_is_not_said_to_be_perhaps
refused = contract.test_a_refused_message_is_rejected_or_holds_the_channel
misconfigured = contract.test_settings_that_cannot_work_hold_the_channel
repeated = contract.test_a_repeated_send_is_recognised_by_the_other_side
threads = contract.test_many_threads_may_send_at_once
hostile = contract.test_no_message_makes_a_transport_raise_or_spoils_the_next_one
outcome = contract.test_an_outcome_can_be_stored_and_tells_no_secret


def always(answer: object) -> Answers:
    return lambda *_: answer


@pytest.mark.parametrize(
    ("answers", "test", "more"),
    [
        (always(None), accepted, ()),
        (always(True), accepted, ()),  # noqa: FBT003 (what many a notification library returns)
        (always(_LATER), accepted, ()),
        (always(Sent(evidence=Evidence(phase=Phase.CONFIGURE))), accepted, ()),
        (raises, accepted, ()),
        (asks_twice, accepted, ()),
        (asks_twice, later, (Scene.DEFERS,)),
        (always(_HELD), later, (Scene.AWAY,)),
        (always(_LATER), perhaps, (Scene.DROPS,)),
        (always(Retry(reason="x", evidence=_SEEN, maybe_accepted=True)), surely_not, (Scene.AWAY,)),
        (always(_LATER), refused, ()),
        (asks_twice, refused, ()),
        (always(_LATER), misconfigured, ()),
        (makes_an_id_of_its_own, repeated, ()),
        (forgets_the_id, repeated, ()),
        (forgets_the_id, threads, ()),
        (asks_twice, threads, ()),
        (raises_for_odd_texts, hostile, ("no text at all",)),
        (always(Retry(reason="Not a slug.", evidence=_SEEN)), outcome, (Scene.DEFERS,)),
        (always(Retry(reason="x", evidence=_SEEN, after_seconds=-1)), outcome, (Scene.DEFERS,)),
        (always(Sent(evidence=Evidence(phase=Phase.HTTP, code=2**31))), outcome, (Scene.ACCEPTS,)),
        (always(Sent(evidence=Evidence(phase=Phase.HTTP, reply=f"to {_TOKEN}"))), outcome, (Scene.ACCEPTS,)),
    ],
)
def test_a_broken_promise_is_found(answers: Answers, test: Callable[..., None], more: tuple[object, ...]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test(Fake(answers), *more)


def test_a_transport_that_never_ends_is_found() -> None:
    class Impatient(TransportContract):
        patience_seconds = 0.2

    go_on = threading.Event()
    with pytest.raises(pytest.fail.Exception, match="has not returned"):
        Impatient().test_an_accepted_message_is_sent_and_says_what_was_replied(Fake(lambda *_: go_on.wait(30)))
    go_on.set()


def test_a_transport_that_asks_when_it_is_opened_is_found() -> None:
    with pytest.raises(AssertionError):
        contract.test_opening_a_transport_sends_nothing(Fake(keeps_the_contract, asks_when_opened=True))


def test_a_transport_that_logs_whom_it_writes_to_is_found(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    test = contract.test_a_transport_writes_no_recipient_and_no_secret_anywhere
    with pytest.raises(AssertionError):
        test(Fake(logs_the_recipient), Scene.ACCEPTS, caplog, capfd)


def test_a_scene_that_cannot_be_played_is_skipped_and_says_so() -> None:
    class Poor(TransportContract):
        cannot = frozenset({Scene.REFUSES})

    with pytest.raises(pytest.skip.Exception, match="refuses"):
        Poor().test_a_refused_message_is_rejected_or_holds_the_channel(Fake(keeps_the_contract))


def test_sample_parcels_differ_by_their_number_and_by_what_is_asked_for() -> None:
    assert sample_parcel(1) == sample_parcel() != sample_parcel(2)
    assert sample_parcel(recipient="x").recipient == "x"
