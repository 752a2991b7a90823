"""The contract of a transport as tests, for authors of transports: subclass `TransportContract` and run pytest.

Give the subclass a fixture `other_side` that plays the scenes below, as really as it can: a server on loopback rather
than a mock. Needs pytest, which does not come with HireLoop. docs/how-to/write-a-transport.md shows it step by step.
"""

import logging
import re
import threading
import traceback
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec
import pytest

from hireloop.notify.transport import Held, Outcome, Parcel, Phase, Rejected, Retry, Sent, Transport

RECIPIENT = "asha.rao.7f3a@example.com"
_THREADS, _SENDS_EACH = 8, 5
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LARGEST_CODE = 2**31 - 1  # that an attempt's row can hold


class Scene(StrEnum):
    """What the other side does with a message."""

    ACCEPTS = "accepts"  # takes responsibility for it
    DEFERS = "defers"  # replies: not now
    REFUSES = "refuses"  # replies: never
    DROPS = "drops"  # takes all of it, and goes away without a reply
    HANGS = "hangs"  # takes all of it, and never replies; the transport's own time-outs should be short here
    BABBLES = "babbles"  # replies what the protocol does not know
    AWAY = "away"  # is not there: nobody listens, nothing can be handed over
    MISCONFIGURED = "misconfigured"  # is not to blame: the transport's own address or settings cannot work


class OtherSide(Protocol):
    """Who the transport sends to; each test has a fresh one."""

    @property
    def secrets(self) -> Sequence[str]:
        """The parts of the channel's URL, and of the settings, that nobody may read; they must be in use."""
        ...

    def open(self, scene: Scene) -> Transport:
        """Return a transport that leads here, where from now on this scene is played."""
        ...

    def tries(self) -> int:
        """Return how often somebody has asked to hand a message over, whatever the outcome."""
        ...

    def ids(self) -> list[str]:
        """Return what the other side can tell the messages apart by, in their order: an id, or the text without one."""
        ...


def sample_parcel(number: int = 1, **changes: object) -> Parcel:
    """Return a parcel as the hub makes them, the `number`th of its kind, with these fields changed."""
    parcel = Parcel(
        recipient=RECIPIENT,
        kind="recruiter_copy",
        subject="Interview booked: Asha Rao, Backend Engineer",
        text=f"Asha Rao, Backend Engineer at Example Labs\nRound {number}, Tuesday, 10:00 IST\n.\n",
        html="<p>Asha Rao, Backend Engineer at Example Labs</p>",
        message_id=f"<0193ae6c-7c00-7000-8000-{number:012x}@hire.example>",
        headers=(("Traceparent", f"00-{number:032x}-{number:016x}-01"),),
        data=b'{"type": "recruiter_copy", "data": {"candidate_name": "Asha Rao", "revision": 1}}',
    )
    return msgspec.structs.replace(parcel, **changes)


_CONTROLS = "".join(map(chr, range(32))) + "\x7f\x85\u2028\u202e\ufeff"
_HOSTILE: dict[str, dict[str, object]] = {
    "empty": {"subject": "", "text": "", "html": "", "data": b""},
    "huge": {
        "subject": "s" * 100_000,
        "text": ("t" * 79 + "\n") * 12_500,
        "data": b'{"type": "alert", "data": "' + b"d" * 1_000_000 + b'"}',
    },
    "controls": {
        "subject": _CONTROLS,
        "text": _CONTROLS,
        "html": _CONTROLS,
        "data": b'{"type": "\\u0000", "data": "\\r\\n"}',
    },
    "a header in the subject": {"subject": "Hello\r\nBcc: eve@example.com\r\n\r\nHello"},
    "headers in headers": {"headers": (("Traceparent", "x\r\nX-Evil: 1"), ("X-Evil\r\nBcc: eve@example.com", "1"))},
    "an id with a line end": {"message_id": "<1@x>\r\nX-Evil: 1"},
    "no id": {"message_id": ""},
    "a recipient with a line end": {"recipient": "eve@example.com>\r\nDATA\r\n"},
    "no recipient": {"recipient": ""},
    "every script": {"subject": "आशा राव 🎉 אשה ﷽", "text": "आशा राव 🎉 אשה ﷽" * 100, "recipient": "आशा@example.com"},
    "no text at all": {"text": "\ud800", "subject": "\udfff"},
    "data that is no JSON": {"data": b"\xff\x00{"},
}


class TransportContract:
    """What the hub relies on, one test a promise; every transport that comes with HireLoop keeps it too."""

    cannot: ClassVar[frozenset[Scene]] = frozenset()  # scenes that this other side has no way to play
    patience_seconds: ClassVar[float] = 30.0  # after which a send counts as one that never ends

    @pytest.fixture
    def other_side(self) -> Iterator[OtherSide]:
        """Yield the other side; a subclass has its own."""
        pytest.fail(f"{type(self).__name__} needs a fixture `other_side`: see hireloop.notify.testing.OtherSide.")

    def test_opening_a_transport_sends_nothing(self, other_side: OtherSide) -> None:
        """Whatever the scene: a transport that is opened may never be used."""
        for scene in Scene:
            if scene not in self.cannot:
                other_side.open(scene)
        assert other_side.tries() == 0, "opening a transport must not touch the network"

    def test_an_accepted_message_is_sent_and_says_what_was_replied(self, other_side: OtherSide) -> None:
        """Sent, after one try, with the phase in which the other side took it."""
        outcome = self._send(self._opened(other_side, Scene.ACCEPTS))
        assert isinstance(outcome, Sent), f"accepted is Sent, not {outcome!r}"
        assert outcome.evidence.phase is not Phase.CONFIGURE, "CONFIGURE says that nothing was sent"
        assert (other_side.tries(), len(other_side.ids())) == (1, 1), "one send is one message"

    @pytest.mark.parametrize("scene", [Scene.DEFERS, Scene.BABBLES, Scene.DROPS, Scene.HANGS, Scene.AWAY])
    def test_what_may_go_better_later_is_retried_by_the_hub_and_not_by_the_transport(
        self, other_side: OtherSide, scene: Scene
    ) -> None:
        """Retry, after one try at most: the hub records each try, keeps the pause and knows the deadline."""
        outcome = self._send(self._opened(other_side, scene))
        assert isinstance(outcome, Retry), f"{scene} is Retry, not {outcome!r}"
        assert other_side.tries() <= 1, "a transport tries once; trying again is the hub's"

    @pytest.mark.parametrize("scene", [Scene.DROPS, Scene.HANGS])
    def test_a_message_that_went_out_without_a_reply_may_have_been_accepted(
        self, other_side: OtherSide, scene: Scene
    ) -> None:
        """Else nobody could tell why a recipient got it twice."""
        outcome = self._send(self._opened(other_side, scene))
        assert isinstance(outcome, Retry)
        assert outcome.maybe_accepted, "the whole message went out and no reply came: say maybe_accepted"

    @pytest.mark.parametrize("scene", [Scene.DEFERS, Scene.AWAY])
    def test_a_message_that_was_not_taken_is_not_said_to_be_perhaps(self, other_side: OtherSide, scene: Scene) -> None:
        """The other side said no, or was not there."""
        outcome = self._send(self._opened(other_side, scene))
        assert isinstance(outcome, Retry)
        assert not outcome.maybe_accepted, "nothing was taken"

    def test_a_refused_message_is_rejected_or_holds_the_channel(self, other_side: OtherSide) -> None:
        """Rejected if it is about this message or recipient, Held if something on our side must be fixed."""
        outcome = self._send(self._opened(other_side, Scene.REFUSES))
        assert isinstance(outcome, Rejected | Held), f"refused is Rejected or Held, not {outcome!r}"
        assert other_side.tries() <= 1, "a transport tries once"

    def test_settings_that_cannot_work_hold_the_channel(self, other_side: OtherSide) -> None:
        """Held, and not an error when it is opened: the other channels must go on."""
        outcome = self._send(self._opened(other_side, Scene.MISCONFIGURED))
        assert isinstance(outcome, Held), f"misconfigured is Held, not {outcome!r}"

    def test_a_repeated_send_is_recognised_by_the_other_side(self, other_side: OtherSide) -> None:
        """A second try bears the same id, so that the other side can drop it; another message bears another."""
        transport = self._opened(other_side, Scene.ACCEPTS)
        for number in (1, 1, 2):
            assert isinstance(self._send(transport, sample_parcel(number)), Sent)
        first, second, other = other_side.ids()
        assert first == second, "the id must come from `message_id`, which is the same on every try"
        assert first != other, "two messages must not have one id"

    def test_many_threads_may_send_at_once(self, other_side: OtherSide) -> None:
        """Every message arrives, once, whatever the threads share."""
        transport = self._opened(other_side, Scene.ACCEPTS)
        outcomes: list[Outcome] = []

        def send_some(thread: int) -> None:
            outcomes.extend(transport.send(sample_parcel(1 + thread * _SENDS_EACH + n)) for n in range(_SENDS_EACH))

        threads = [threading.Thread(target=send_some, args=(n,), daemon=True) for n in range(_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(self.patience_seconds)
        assert [type(outcome) for outcome in outcomes] == [Sent] * _THREADS * _SENDS_EACH
        assert len(set(other_side.ids())) == len(other_side.ids()) == _THREADS * _SENDS_EACH

    @pytest.mark.parametrize("name", list(_HOSTILE))
    def test_no_message_makes_a_transport_raise_or_spoils_the_next_one(self, other_side: OtherSide, name: str) -> None:
        """Names, notes and subjects are strangers' texts."""
        transport = self._opened(other_side, Scene.ACCEPTS)
        self._send(transport, sample_parcel(1, **_HOSTILE[name]))
        assert isinstance(self._send(transport, sample_parcel(2)), Sent), "the next message must go out as usual"

    @pytest.mark.parametrize("scene", list(Scene))
    def test_an_outcome_can_be_stored_and_tells_no_secret(self, other_side: OtherSide, scene: Scene) -> None:
        """Its reason is a slug, its numbers fit, and nothing of it quotes the channel's token."""
        outcome = self._send(self._opened(other_side, scene))
        if not isinstance(outcome, Sent):
            assert _SLUG.fullmatch(outcome.reason), f"a reason is a slug, not {outcome.reason!r}"
        if isinstance(outcome, Retry) and outcome.after_seconds is not None:
            assert outcome.after_seconds >= 0
        assert 0 <= (outcome.evidence.code or 0) <= _LARGEST_CODE
        told = [secret for secret in other_side.secrets if secret in repr(outcome)]
        assert not told, "an outcome is shown to everyone who may read the booking: it must not hold a secret"

    @pytest.mark.parametrize("scene", list(Scene))
    def test_a_transport_writes_no_recipient_and_no_secret_anywhere(
        self,
        other_side: OtherSide,
        scene: Scene,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Neither into the log nor to standard output: the result of a try is in its outcome alone."""
        with caplog.at_level(logging.INFO):
            self._send(self._opened(other_side, scene))
        written = caplog.text + "".join(capfd.readouterr())
        assert not [word for word in (RECIPIENT, *other_side.secrets) if word in written]

    def _opened(self, other_side: OtherSide, scene: Scene) -> Transport:
        if scene in self.cannot:
            pytest.skip(f"this other side cannot be one that {scene.value}")
        return other_side.open(scene)

    def _send(self, transport: Transport, parcel: Parcel | None = None) -> Outcome:
        """Send, and fail if that raises, never ends, or returns something else than an outcome."""
        came: list[object] = []

        def send() -> None:
            try:
                came.append(transport.send(parcel or sample_parcel()))
            except BaseException as error:  # noqa: BLE001 (whatever it is, the test fails with it)
                came.append(error)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        thread.join(self.patience_seconds)
        if not came:
            pytest.fail(f"send has not returned after {self.patience_seconds} s: give every wait an end")
        outcome = came[0]
        if isinstance(outcome, BaseException):
            raised = "".join(traceback.format_exception(outcome))
            pytest.fail(f"send must not raise, what happened is an Outcome:\n{raised}")
        assert isinstance(outcome, Sent | Retry | Rejected | Held), f"{outcome!r} is no Outcome"
        return outcome
