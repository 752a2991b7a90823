"""Which channels there are, and which message kinds go over them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from hireloop import signing
from hireloop.errors import SettingsError
from hireloop.notify.channels.message_routes import EMAIL, NOBODY, Subscriber, kinds_by_channel
from hireloop.notify.transport import ENTRY_POINT_GROUP, Channel
from hireloop.settings import Settings
from hireloop.signing import Purpose

if TYPE_CHECKING:
    from hireloop.notify.transports.chat.apprise import ChatAddress

APPRISE = "apprise"
WEBHOOK = "webhook"

_NAME_DIGITS = 8
_OWN_NAMES = frozenset({EMAIL, NOBODY, WEBHOOK})
_CHAT_CONCURRENCY = 2
_WEBHOOK_CONCURRENCY = 4

# What a channel's behaviour hangs on: a change of any of these is another configuration, and starts open.
_MAIL_SETTINGS = ("email_backend", "default_from_email", "bounce_address")
_EMAIL_SETTINGS = (
    "email_backend",
    "email_host",
    "email_port",
    "email_use_tls",
    "email_use_ssl",
    "email_host_user",
    "email_host_password",
    "email_url",
    "default_from_email",
    "bounce_address",
)
_WEBHOOK_SETTINGS = ("webhook_secret", "webhook_allow_private")


class _Way(msgspec.Struct, frozen=True):
    """A chat channel or a webhook, before it is known what it hears."""

    subscriber: Subscriber
    title: str
    transport_name: str
    url: str
    fingerprint: str
    concurrency: int
    rate_per_minute: int | None = None


def channels(settings: Settings) -> tuple[Channel, ...]:
    """Return the configured channels; e-mail is always one, even if its settings are bad: it is then held.

    Raises SettingsError, with advice, for a chat address, a webhook or a route that cannot work.
    """
    ways = _with_titles_told_apart([*_chats(settings), *_webhooks(settings)])
    _check_distinct([way.subscriber.name for way in ways])
    kinds = kinds_by_channel(settings.message_routes, [way.subscriber for way in ways])
    return (_email(settings, kinds[EMAIL]), *(_channel(way, kinds[way.subscriber.name]) for way in ways))


def _email(settings: Settings, kinds: frozenset[str]) -> Channel:
    fallback = _plain(settings.email_fallback_url or "")
    return Channel(
        name=EMAIL,
        transport_name="email",
        fingerprint=_fingerprint(settings, _EMAIL_SETTINGS),
        required=True,
        personal=True,
        kinds=kinds,
        concurrency=settings.email_concurrency,
        fallback_url=fallback,
        fallback_fingerprint=_fingerprint(settings, _MAIL_SETTINGS, fallback) if fallback else "",
        rate_per_minute=settings.email_rate_limit,
    )


def _channel(way: _Way, kinds: frozenset[str]) -> Channel:
    return Channel(
        name=way.subscriber.name,
        title=way.title,
        transport_name=way.transport_name,
        fingerprint=way.fingerprint,
        required=False,
        personal=False,
        kinds=kinds,
        concurrency=way.concurrency,
        url=way.url,
        rate_per_minute=way.rate_per_minute,
    )


def _chats(settings: Settings) -> list[_Way]:
    urls = settings.chat_urls.get_secret_value()
    if not urls.strip() and settings.apprise_config is None:
        return []
    # Apprise and its 150 plugins take 300 ms and 36 MB, which an installation without chat need not spend.
    from hireloop.notify.transports.chat import apprise

    plugins = _plugins()
    found = apprise.addresses_in(urls, plugins) if urls.strip() else []
    if settings.apprise_config is not None:
        found += apprise.addresses_of(settings.apprise_config, plugins)
    stems = Counter(_stem(address.tags) for address in found)
    return [
        _Way(
            Subscriber(name=_chat_name(settings, address, stems), tags=address.tags, family=address.schema),
            _chat_title(address, stems),
            address.schema if address.schema in plugins else APPRISE,
            address.url,
            _fingerprint(settings, (), address.identity),
            _CHAT_CONCURRENCY,
            settings.chat_rate_limit,
        )
        for address in found
    ]


def _plugins() -> frozenset[str]:
    """Return the transports that other packages offer: a URL with such a name for its schema is theirs."""
    ours = entry_points(group=ENTRY_POINT_GROUP)
    return frozenset(found.name for found in ours if not found.value.startswith("hireloop."))


def _chat_name(settings: Settings, address: "ChatAddress", stems: Mapping[str, int]) -> str:
    """Return the tag, or if it does not tell this channel from others, what does."""
    stem = _stem(address.tags)
    if stem and stems[stem] == 1:
        return stem
    return f"{stem or address.schema}-{_digits(settings, address.identity)}"


def _chat_title(address: "ChatAddress", stems: Mapping[str, int]) -> str:
    """Return the tag, with the service and the room if other channels have the same tag, or these alone."""
    stem = _stem(address.tags)
    if not stem:
        return address.title
    return stem if stems[stem] == 1 else f"{stem} ({address.title})"


def _with_titles_told_apart(ways: Sequence[_Way]) -> list[_Way]:
    """Return the channels with the digits of its name after each title that is not the only one."""
    titles = Counter(way.title for way in ways)
    return [
        msgspec.structs.replace(way, title=f"{way.title} {way.subscriber.name.rpartition('-')[2]}")
        if titles[way.title] > 1
        else way
        for way in ways
    ]


def _webhooks(settings: Settings) -> list[_Way]:
    urls = [secret.get_secret_value() for secret in settings.webhook_urls]
    return [
        _Way(
            Subscriber(name=f"{WEBHOOK}-{_digits(settings, url)}", family=WEBHOOK),
            f"{WEBHOOK} {urlsplit(url).hostname or ''}".strip(),
            WEBHOOK,
            url,
            _fingerprint(settings, _WEBHOOK_SETTINGS, url),
            _WEBHOOK_CONCURRENCY,
        )
        for url in urls
    ]


def _stem(tags: Sequence[str]) -> str:
    taken = sorted(_OWN_NAMES & set(tags))
    if taken:
        raise SettingsError(f"APPRISE_CONFIG: the tag {taken[0]} is reserved by HireLoop. Choose another one.")
    return "-".join(tags)


def _check_distinct(names: Sequence[str]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise SettingsError(
            f"CHAT_URLS, APPRISE_CONFIG and WEBHOOK_URLS define the channel {twice[0]} twice. Remove one of the two."
        )


def _fingerprint(settings: Settings, names: Sequence[str], address: str = "") -> str:
    """Return a keyed hash of what a channel hangs on: it tells configurations apart and reveals no password."""
    plain = [_plain(getattr(settings, name)) for name in names]
    return _hash(settings, Purpose.CHANNEL_FINGERPRINT, repr([*plain, address] if address else plain))[:16]


def _digits(settings: Settings, identity: str) -> str:
    return _hash(settings, Purpose.CHANNEL_NAME, identity)[:_NAME_DIGITS]


def _hash(settings: Settings, purpose: Purpose, text: str) -> str:
    return signing.mac(settings.secrets[0], purpose, text.encode("utf-8", "surrogatepass")).hex()


def _plain(value: object) -> str:
    reveal = getattr(value, "get_secret_value", None)
    return str(reveal() if reveal else value)
