"""A channel is a way to reach somebody; its transport is the code that sends. What a try came to is a value."""

from enum import StrEnum
from importlib.metadata import entry_points
from typing import Protocol

import msgspec

from hireloop.settings import Settings

ENTRY_POINT_GROUP = "hireloop.transports"


class Phase(StrEnum):
    """How far a try came."""

    CONFIGURE = "configure"  # nothing was sent: our own settings forbid it
    CONNECT = "connect"  # name look-up, TCP, the server's banner
    TLS = "tls"  # STARTTLS or the handshake
    AUTH = "auth"  # sign-in
    SENDER = "sender"  # MAIL FROM
    RECIPIENT = "recipient"  # RCPT TO
    DATA = "data"  # the DATA command and the message's bytes
    REPLY = "reply"  # the wait for the answer to DATA
    HTTP = "http"  # one HTTP request and its response


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side answered, in its own words, and how far the try came.

    `reply` is clear text and may quote an address: it belongs into the attempt row and nowhere else.
    """

    phase: Phase
    code: int | None = None  # SMTP or HTTP status
    enhanced_code: str | None = None  # RFC 3463, such as 5.1.1
    reply: str = ""
    host: str | None = None
    port: int | None = None
    tls_version: str | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True, tag="sent"):
    """The other side took responsibility for the message."""

    evidence: Evidence


class Retry(msgspec.Struct, frozen=True, kw_only=True, tag="retry"):
    """Not this time; a later try may succeed. `maybe_accepted`: the message may have arrived all the same."""

    reason: str
    evidence: Evidence
    after_seconds: float | None = None
    maybe_accepted: bool = False


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag="rejected"):
    """The recipient's side said never."""

    reason: str
    evidence: Evidence


class Held(msgspec.Struct, frozen=True, kw_only=True, tag="held"):
    """Our own side is broken: the channel is held and probed, and its deliveries wait without burning a try."""

    reason: str
    evidence: Evidence


Outcome = Sent | Retry | Rejected | Held


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A message rendered for one recipient, ready for a transport."""

    recipient: str
    kind: str = ""  # of the message, such as `invitation`
    subject: str
    text: str
    html: str
    message_id: str  # with its angle brackets; the same on every try
    calendar: bytes = b""  # RFC 5545, empty where the message has none
    calendar_method: str = "REQUEST"
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()  # such as ("Traceparent", "00-…")
    envelope_sender: str | None = None  # where bounces go; None: the sender itself
    data: bytes = b""  # the plain values as JSON, for programs; never a session key


class Transport(Protocol):
    """Sends over one kind of channel."""

    def send(self, parcel: Parcel) -> Outcome:
        """Try once, blocking, and say what came of it; called from many threads at once.

        Never raises for what the world does (that is an Outcome), never retries, records or traces.
        """
        ...


class TransportFactory(Protocol):
    """What an entry point of the group `hireloop.transports` names."""

    def __call__(self, url: str, settings: Settings) -> Transport:
        """Open a transport for one channel; `url` is the channel's address, empty for the settings' own mail."""
        ...


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A configured way to reach somebody."""

    name: str  # the word in the API, the rows and the spans
    transport_name: str  # an entry point's name
    fingerprint: str  # of its configuration: a mended configuration starts open
    required: bool  # the candidate depends on it
    personal: bool  # its recipients are people's addresses; else the channel itself is the recipient
    kinds: frozenset[str]  # the message kinds that go over it
    concurrency: int  # tries at once in one worker
    url: str = ""  # may hold a token: never in a log, span or answer
    fallback_url: str = ""  # a second provider; where there is one, a try may take the route `fallback`
    fallback_fingerprint: str = ""
    rate_per_minute: int | None = None  # tries a minute, of all workers together


def open_transport(channel: Channel, settings: Settings) -> Transport:
    """Return the channel's transport, found by its name among the installed entry points.

    Raises LookupError where no installed package offers a transport of that name.
    """
    found = entry_points(group=ENTRY_POINT_GROUP, name=channel.transport_name)
    if not found:
        msg = f"No installed package offers the transport {channel.transport_name!r}."
        raise LookupError(msg)
    factory: TransportFactory = next(iter(found)).load()
    return factory(channel.url, settings)
