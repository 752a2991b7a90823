"""What people call a chat channel: its service, its server and its rooms. Never a token."""

from collections.abc import Callable, Iterable
from typing import Any

from apprise.plugins.base import NotifyBase
from apprise.plugins.workflows import NotifyWorkflows

from hireloop.notify.transports.chat.address import server_of

_LONGEST = 80  # characters


def title_of(plugin: NotifyBase) -> str:
    """Return a title such as `Slack #hiring`, `Mattermost chat.example/town-square` or `Discord`."""
    where = "/".join(filter(None, (_server(plugin), ", ".join(_rooms(plugin)))))
    return f"{_service(plugin)} {where}".strip()[:_LONGEST]


def _service(plugin: NotifyBase) -> str:
    return "Microsoft Teams" if isinstance(plugin, NotifyWorkflows) else str(plugin.service_name)


def _server(plugin: NotifyBase) -> str:
    """Return the host of a server of somebody's own; a service that everybody shares is named by itself."""
    server = server_of(plugin)
    if server is None or server.host != plugin.host or isinstance(plugin, NotifyWorkflows):
        return ""
    is_usual = server.port == (443 if server.secure else 80)
    rooms = _rooms(plugin)
    if rooms and all(room.endswith(f":{server.host}") for room in rooms):
        return ""  # a Matrix room names its server
    return server.host if is_usual else f"{server.host}:{server.port}"


def _rooms(plugin: NotifyBase) -> list[str]:
    """Return the rooms that the URL names as such. Elsewhere what looks like a room may be a secret, as in ntfy."""
    rooms = _ROOMS.get(type(plugin).__name__)
    return list(rooms(plugin)) if rooms else []


# What a plugin has depends on its kind.
_ROOMS: dict[str, Callable[[Any], Iterable[str]]] = {
    "NotifyIRC": lambda irc: (f"#{name}" for name in irc.channels),
    "NotifyMatrix": lambda matrix: (room for room in matrix.rooms if room.startswith("#")),
    "NotifyMattermost": lambda mattermost: (name for mark, name in mattermost.targets if mark == "#"),
    "NotifyRocketChat": lambda rocket: (f"#{name}" for name in rocket.channels),
    "NotifySlack": lambda slack: (name for name in slack.channels if name and name[0] in "#@"),
    "NotifyTelegram": lambda telegram: (name for name, _ in telegram.targets if isinstance(name, str)),
    "NotifyZulip": lambda zulip: (f"#{name}" for name in zulip.targets if "@" not in name),
}
