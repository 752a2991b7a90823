"""Chat over any Apprise URL: one plugin a channel, whose HTTP responses become outcomes.

Also the only reader of Apprise's URLs and of its YAML: what Apprise would drop in silence, or would do in our stead,
is refused when it is read (docs/decisions/0019-chat-through-apprise.md).
"""

import logging
import re
from collections import deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
from apprise.apprise import Apprise
from apprise.asset import AppriseAsset
from apprise.common import NotifyType
from apprise.config.base import ConfigBase
from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase
from apprise.plugins.email import NotifyEmail
from apprise.utils.parse import parse_urls

from hireloop.errors import SettingsError
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Retry, Sent
from hireloop.notify.transports.chat import config as chat_config
from hireloop.notify.transports.chat.address import server_of
from hireloop.notify.transports.chat.http import secrets_of, watched, wrap_requests
from hireloop.notify.transports.chat.posts import post_of
from hireloop.notify.transports.chat.replies import refusal_in
from hireloop.notify.transports.chat.titles import title_of
from hireloop.notify.transports.http_replies import ADDRESS_REASONS
from hireloop.settings import Settings

_ROUNDS = 3  # a plugin may sign in, join and post: together no longer than this many times EMAIL_TIMEOUT
_SCHEMA = re.compile(r"\s*([a-z0-9]{1,24})://", re.IGNORECASE)
_SEPARATORS = " ,;"
_WHOLE_URLS = (
    "Write each URL in full with its schema, separate URLs with commas or spaces, and write a space in one as %20."
)
_TAG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

# Apprise's lines quote addresses and URLs, and what they say of a send is in its outcome.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class ChatAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One chat channel as the settings name it."""

    url: str  # holds a token
    identity: str  # as it was written: the same in every process, where a plugin's own order of targets may not be
    schema: str
    title: str = ""  # what people call it
    tags: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"ChatAddress({self.schema!r})"


class AppriseTransport:
    """The transport `apprise`: a chat, or whatever else Apprise has a plugin for, at one URL."""

    def __init__(self, url: str, settings: Settings) -> None:
        """Read the URL; no network is touched. If it is no good, every `send` returns Held."""
        wrap_requests()
        self._url, self._seconds = url, settings.email_timeout
        self._secrets = secrets_of(url)
        # A plugin keeps its sign-in and is no place for two threads at once: each try takes one for itself.
        self._idle: deque[NotifyBase] = deque()
        plugin = _loaded(url)
        is_good = plugin is not None and not list(_refusals(plugin))
        self.refusal = None if is_good else Reason.BAD_CHAT_URL  # why this URL can never send
        self.server = server_of(plugin) if is_good else None  # where it posts to, as far as that can be told
        if plugin is not None and is_good:
            self._idle.append(self._prepared(plugin))

    def send(self, parcel: Parcel) -> Outcome:
        """Try once, blocking, from any thread."""
        plugin = self._take()
        if plugin is None:
            return Held(reason=Reason.BAD_CHAT_URL, evidence=Evidence(phase=Phase.CONFIGURE))
        post = post_of(parcel, plugin)
        fault = ""
        with watched(self._secrets, _ROUNDS * self._seconds) as watch:
            try:
                taken = plugin.notify(
                    title=post.title,
                    body=post.body,
                    body_format=post.format,
                    notify_type=NotifyType.WARNING if parcel.kind == "alert" else NotifyType.INFO,
                )
            except Exception as error:  # noqa: BLE001 (some of 150 plugins stumble over a response that they don't expect)
                taken, fault = False, type(error).__name__
        outcome = _sent(watch.outcomes) if taken else _not_sent(watch.outcomes, fault)
        if not _is_ours(outcome):  # else its sign-in may be what is stale
            self._idle.append(plugin)
        return outcome

    def _take(self) -> NotifyBase | None:
        try:
            return self._idle.pop()
        except IndexError:
            plugin = None if self.refusal else _loaded(self._url)
            return self._prepared(plugin) if plugin is not None else None

    def _prepared(self, plugin: NotifyBase) -> NotifyBase:
        one: Any = plugin  # what a plugin has depends on its kind
        one.throttle = _do_not_wait  # the rate is the worker's, and Retry-After is an outcome
        one.socket_connect_timeout = self._bounded(one.socket_connect_timeout, NotifyBase.socket_connect_timeout)
        one.socket_read_timeout = self._bounded(one.socket_read_timeout, NotifyBase.socket_read_timeout)
        return plugin

    def _bounded(self, given: float, default: float) -> float:
        """Return `cto` or `rto` of the URL, at most EMAIL_TIMEOUT, and that if the URL says nothing."""
        return self._seconds if given == default or given <= 0 else min(given, self._seconds)


def _do_not_wait(*_args: object, **_kwargs: object) -> None:
    return


def _sent(outcomes: list[Outcome]) -> Outcome:
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Sent)]
    for found in (accepted, outcomes):
        if found:
            return Sent(evidence=found[-1].evidence)
    return Sent(evidence=Evidence(phase=Phase.DATA))  # over another protocol, if the plugin says no more than yes


def _not_sent(outcomes: list[Outcome], fault: str) -> Outcome:
    """Return the outcome that decided: no response or a busy one, then a refused sign-in, then the last refusal.

    Not simply the last: some plugins ask for optional things first, or try something else after a refusal. Without a
    refusal, the last response may have one in words.
    """
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Sent)]
    later = [outcome for outcome in refused if isinstance(outcome, Retry) and outcome.reason not in ADDRESS_REASONS]
    barred = [outcome for outcome in refused if _reason(outcome) == Reason.ENDPOINT_REFUSED]
    for found in (later, barred, refused):
        if found:
            return found[-1]
    in_words = refusal_in(outcomes[-1].evidence) if outcomes else None
    if in_words is not None:
        return in_words
    evidence = outcomes[-1].evidence if outcomes else Evidence(phase=Phase.DATA, reply=fault)
    return Retry(reason=Reason.CHAT_FAILED, evidence=evidence, maybe_accepted=True)


def _reason(outcome: Outcome) -> str | None:
    return None if isinstance(outcome, Sent) else outcome.reason


def _is_ours(outcome: Outcome) -> bool:
    """Return whether the channel's address or sign-in may be wrong."""
    return isinstance(outcome, Held) or _reason(outcome) in ADDRESS_REASONS


def addresses_in(text: str, plugins: Collection[str] = ()) -> list[ChatAddress]:
    """Return the chat addresses in CHAT_URLS, split as Apprise splits them.

    A URL whose schema is one of `plugins`, other packages' transports, is left to that package. Raises SettingsError
    with advice for one that Apprise cannot load, or that would hide a failure.
    """
    found = []
    for number, url in enumerate(_split(text), start=1):
        schema = _SCHEMA.match(url)
        name = schema[1].lower() if schema else ""
        if name in plugins:
            found.append(ChatAddress(url=url, identity=url, schema=name, title=name))
            continue
        what = f"CHAT_URLS: address {number}" + (f" ({name}://)" if name else "")
        plugin = _loaded(url)
        if plugin is None:
            known = name in NotificationManager()
            cause = "is incomplete or invalid" if known else "has a schema that Apprise does not support"
            raise SettingsError(
                f"{what} {cause}. See the service's page in the Apprise documentation for the format of its URL."
            )
        found.append(_address(plugin, url, url, what))
    return found


def _split(text: str) -> list[str]:
    """Return the URLs in the text; raises SettingsError for words between them, which Apprise would drop or append."""
    whole = " ".join(text.split()).strip(_SEPARATORS)  # over lines Apprise would not find each
    urls: list[str] = parse_urls(whole)
    rest = whole
    for number, url in enumerate(urls, start=1):
        before, _, rest = rest.partition(url)
        if before.strip(_SEPARATORS):
            raise SettingsError(f"CHAT_URLS: the text before address {number} is not a URL. {_WHOLE_URLS}")
        if " " in url:
            raise SettingsError(f"CHAT_URLS: the text after the space in address {number} is not a URL. {_WHOLE_URLS}")
    return urls


def addresses_of(config: Path, plugins: Collection[str] = ()) -> list[ChatAddress]:
    """Return the chat addresses in an Apprise YAML file, with their tags; `plugins` as for `addresses_in`.

    Raises SettingsError, with advice, for a file that cannot be read, and for an entry as `addresses_in` does.
    """
    found = []
    for entry in chat_config.entries_of(config, plugins):
        what = f"APPRISE_CONFIG: entry {entry.number}"
        services = _services(entry.document)
        urls = [entry.url or service.url(privacy=False) for service in services]
        if len(services) != entry.count or not (entry.plugin or all(map(_loaded, urls))):
            raise SettingsError(
                f"{what} cannot be used by Apprise. Check its schema, the required parts of its URL, and that no tag "
                "has a retry count."
            )
        for item, (service, url) in enumerate(zip(services, urls, strict=True), start=1):
            found.append(_address(service, url, f"{item} {entry.identity}", what, plugin=entry.plugin))
    return found


def _services(document: str) -> list[Any]:
    try:
        return list(ConfigBase.config_parse_yaml(document, asset=_asset())[0])
    except Exception:  # noqa: BLE001 (as in `_loaded`)
        return []


def _address(service: NotifyBase, url: str, identity: str, what: str, *, plugin: str = "") -> ChatAddress:
    for refusal in _refusals(service):
        raise SettingsError(f"{what} {refusal}.")
    return ChatAddress(
        url=url,
        identity=identity,
        schema=plugin or _schema(service, url),
        title=plugin or title_of(service),
        tags=_tags(service, what),
    )


def _schema(plugin: NotifyBase, url: str) -> str:
    """Return what names the service: the URL's schema, or the plugin's if the URL is the service's own https one."""
    found = _SCHEMA.match(url)
    if found is not None and not found[1].lower().startswith("http"):
        return found[1].lower()
    named: Any = plugin  # a name, several, or none, by the kind of plugin
    known = named.secure_protocol or named.protocol
    return str(known[0] if isinstance(known, tuple | list) else known)


def _tags(plugin: NotifyBase, what: str) -> tuple[str, ...]:
    for tag in plugin.tags:
        if tag.has_priority or tag.retry is not None:
            raise SettingsError(f"{what} has a tag with a priority or a retry count. Write the tag alone.")
        if not _TAG.fullmatch(str(tag)):
            raise SettingsError(f"{what} has an invalid tag. Use a-z, 0-9, `-` and `_`, as in recruiters.")
    return tuple(sorted(str(tag) for tag in plugin.tags))


def _asset() -> AppriseAsset:
    """Return what every plugin is given: nothing kept on disk, no redirects followed, no templates, no pictures."""
    return AppriseAsset(
        app_id="HireLoop",
        app_desc="HireLoop",
        app_url="",
        storage_mode="memory",
        http_redirects=False,
        allow_templates=False,
        image_url_mask="",  # Apprise's own pictures would be loaded from GitHub by everyone who reads the chat
        image_url_logo="",
        image_path_mask="",
    )


def _loaded(url: str) -> NotifyBase | None:
    try:
        return Apprise.instantiate(url, asset=_asset())
    except Exception:  # noqa: BLE001 (a few plugins stumble over what is no URL; its text may quote a token)
        return None


def _refusals(plugin: NotifyBase) -> Iterator[str]:
    """Yield why this plugin cannot be used here, with advice."""
    if plugin.retry:
        yield "has `retry=`. Remove it, since HireLoop retries by itself and records each attempt"
    if plugin.optional:
        yield "has `optional=`, which hides failures. Remove it, since chat copies never delay an invitation"
    if not plugin.verify_certificate:
        yield "has `verify=no`. Remove it, and let this machine trust the server's certificate authority"
    if isinstance(plugin, NotifyEmail) and plugin.password and plugin.secure_mode == "insecure":
        yield "would send its mail password unencrypted. Write mailtos:// instead of mailto://"
