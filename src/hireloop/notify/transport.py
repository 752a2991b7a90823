"""A channel is a way to reach somebody; its transport is the code that sends. The outcome of a try is a value."""

from collections.abc import Iterable
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from hireloop.settings import Settings
from hireloop.telemetry.logs import log

ENTRY_POINT_GROUP = "hireloop.transports"
_OWN_PACKAGE = "hireloop"
LONGEST_WAIT_SECONDS = 3600.0  # that the other side may ask for
# What somebody else's code may raise when it is imported or called; a plugin's `sys.exit()` must not end a worker.
_ANYTHING = (Exception, SystemExit)


class Phase(StrEnum):
    """How far a try came."""

    CONFIGURE = "configure"  # nothing was sent: our own settings forbid it
    CONNECT = "connect"  # name look-up, TCP, the server's banner
    TLS = "tls"  # STARTTLS or the handshake
    AUTH = "auth"  # sign-in
    SENDER = "sender"  # MAIL FROM
    RECIPIENT = "recipient"  # RCPT TO
    DATA = "data"  # the DATA command and the message's bytes
    REPLY = "reply"  # the wait for the reply to DATA
    HTTP = "http"  # one HTTP request and its response


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side replied, in its own words, and how far the try came.

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
    """Not this time; a later try may succeed.

    `after_seconds`: how long the other side asks to wait; at most `LONGEST_WAIT_SECONDS` are waited.
    `maybe_accepted`: the message may have arrived all the same.
    """

    reason: str
    evidence: Evidence
    after_seconds: float | None = None
    maybe_accepted: bool = False


class Rejected(msgspec.Struct, frozen=True, kw_only=True, tag="rejected"):
    """The recipient's side refused the message permanently."""

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
    links: tuple[str, ...] = ()  # ours, as `text` has them; what else looks like a link there is somebody's value
    html: str
    message_id: str  # with its angle brackets; the same on every try
    references: tuple[str, ...] = ()  # the Message-IDs of its thread, the one that it replies to last
    calendar: bytes = b""  # RFC 5545, empty if the message has none
    calendar_method: str = "REQUEST"
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()  # such as ("Traceparent", "00-…")
    envelope_sender: str | None = None  # where bounces go; None: the sender itself
    data: bytes = b""  # for programs: JSON of `type` (the kind) and `data` (plain values); never a session key


class Transport(Protocol):
    """Sends over one kind of channel."""

    def send(self, parcel: Parcel) -> Outcome:
        """Try once, blocking, and return the outcome; called from many threads at once.

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

    name: str  # the word in the API, the rows and the spans: it never changes, or what waits under it is not sent
    title: str = ""  # what people call it, if that is not its name
    transport_name: str  # an entry point's name
    fingerprint: str  # of its configuration: a corrected configuration starts open
    required: bool  # the candidate depends on it
    personal: bool  # its recipients are people's addresses; else the channel itself is the recipient
    kinds: frozenset[str]  # the message kinds that go over it
    concurrency: int  # tries at once in one worker
    url: str = ""  # may hold a token: never in a log, span or response
    fallback_url: str = ""  # a second provider; if there is one, a try may take the route `fallback`
    fallback_fingerprint: str = ""
    rate_per_minute: int | None = None  # tries a minute, of all workers together

    def __post_init__(self) -> None:
        """Call a channel without a title by its name."""
        if not self.title:
            msgspec.structs.force_setattr(self, "title", self.name)

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"  # its addresses may hold tokens


def title_of(name: str, channels: Iterable[Channel]) -> str:
    """Return what people call the channel of this name; the name itself of one that is not configured any more."""
    return next((channel.title for channel in channels if channel.name == name), name)


class InstalledTransport(msgspec.Struct, frozen=True, kw_only=True):
    """A transport that an installed package provides."""

    name: Annotated[str, Meta(examples=["email"])]  # what a channel calls it
    package: Annotated[str, Meta(examples=["hireloop"])]
    version: Annotated[str, Meta(examples=["0.1.0"])]
    error: str | None = None  # the kind of error with which it does not load, such as ModuleNotFoundError
    hidden_by: str | None = None  # the package whose transport of the same name is the one that is used


class TransportMissing(LookupError):
    """No installed package offers the channel's transport."""


class TransportBroken(RuntimeError):
    """The channel's transport is installed and cannot be opened; `__cause__` is what it raised, if it did."""


def installed_transports() -> list[InstalledTransport]:
    """Import every transport that is installed, and return them by their names, the one that is used first."""
    found: list[InstalledTransport] = []
    for point in _offered():
        package, version = _package(point)
        used = next((other.package for other in found if other.name == point.name), None)
        found.append(
            InstalledTransport(name=point.name, package=package, version=version, error=_error(point), hidden_by=used)
        )
    return found


def open_transport(channel: Channel, settings: Settings) -> Transport:
    """Return the channel's transport, found by its name among the installed entry points.

    Where two packages offer one name, HireLoop's own is taken, else that of the package whose name comes first. Raises
    TransportMissing if none does, and TransportBroken for one that cannot be imported or made, or has no `send`.
    """
    offered = _offered(channel.transport_name)
    if not offered:
        raise TransportMissing(f"No installed package provides the transport {channel.transport_name!r}.")
    point = offered[0]
    package, version = _package(point)
    if len(offered) > 1:
        ignored = [_package(other)[0] for other in offered[1:]]
        log.warning("channel.transport_ambiguous", transport=point.name, used=package, ignored=ignored)
    try:
        factory: TransportFactory = point.load()
        transport = factory(channel.url, settings)
        sends = callable(getattr(transport, "send", None))
    except _ANYTHING as error:
        kind = type(error).__name__  # its text may quote the channel's address
        raise TransportBroken(f"The transport {point.name!r} of {package} {version} raised {kind}.") from error
    if not sends:
        raise TransportBroken(f"The transport {point.name!r} of {package} {version} has no method `send`.")
    return transport


def _offered(name: str | None = None) -> list[EntryPoint]:
    """Return the entry points of transports, of all names or of one; the one that is used comes first of its name."""
    found = entry_points(group=ENTRY_POINT_GROUP)
    wanted = [point for point in found if name in {None, point.name}]
    return sorted(wanted, key=lambda point: (point.name, _package(point)[0] != _OWN_PACKAGE, _package(point)))


def _package(point: EntryPoint) -> tuple[str, str]:
    """Return the name and the version of the package that an entry point comes from."""
    return (point.dist.name, point.dist.version) if point.dist else ("", "")


def _error(point: EntryPoint) -> str | None:
    try:
        return None if callable(point.load()) else "NotCallable"
    except _ANYTHING as error:
        return type(error).__name__
