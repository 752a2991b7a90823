"""Where a chat plugin posts to, as far as that can be told without posting, so that one can look who is there."""

import sys
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class ChatServer(NamedTuple):
    """A host that speaks HTTP. Never a token: some services' URLs have one where others have the host."""

    host: str
    port: int
    secure: bool


def server_of(plugin: object) -> ChatServer | None:
    """Return the server that an Apprise plugin posts to; None if that is not sure or it is not HTTP."""
    one: Any = plugin  # what a plugin has depends on its kind
    if not hasattr(sys.modules[type(plugin).__module__], "requests"):
        return None  # IRC, MQTT, XMPP, UDP …
    if str(getattr(one, "mode", "")) == "t2bot":
        return None  # Matrix through t2bot.io, whose URL has a token for its host
    cloud = str(getattr(one, "mode", "")) == "cloud"
    for name in ("cloud_notify_url",) if cloud else ("notify_url", "webhook_url"):
        fixed = getattr(type(plugin), name, None)
        if isinstance(fixed, str) and fixed.startswith(("https://", "http://")):
            return _fixed(fixed)
    if cloud or not any("{host}" in template for template in one.templates) or not one.host:
        return None
    return ChatServer(str(one.host), one.port or (443 if one.secure else 80), bool(one.secure))


def _fixed(url: str) -> ChatServer | None:
    parts = urlsplit(url)
    if not parts.hostname or not set("{}%").isdisjoint(parts.netloc):
        return None  # a part of the host is filled in later
    secure = parts.scheme == "https"
    return ChatServer(parts.hostname, parts.port or (443 if secure else 80), secure)
