"""A parcel as a chat service gets it: harmless words, in the format that its plugin sends. Pure.

A plugin gets the text in the format that it sends anyway, so that Apprise has nothing to convert: not all plugins
convert a title, and Telegram's converts nothing if it is called directly.
"""

from collections.abc import Collection
from html import escape
from typing import NamedTuple

from apprise.common import NotifyFormat
from apprise.plugins.base import NotifyBase
from apprise.plugins.workflows import NotifyWorkflows

from hireloop.notify.transport import Parcel
from hireloop.notify.transports.chat.harmless_text import harmless

_HARD_BREAK = "  \n"  # CommonMark, 6.7; a service without Markdown shows no blanks at the end of a line


class ChatPost(NamedTuple):
    """What is handed to a plugin."""

    title: str
    body: str
    format: NotifyFormat


def post_of(parcel: Parcel, plugin: NotifyBase) -> ChatPost:
    """Return a parcel's words for this plugin; of the links in them only `parcel.links` work."""
    title, body = harmless(parcel.subject), harmless(parcel.text, parcel.links)
    sent_as = plugin.resolve_format(NotifyFormat.TEXT)
    if sent_as is NotifyFormat.HTML:
        # A title goes into the body's HTML as it is, unless the service has a field for it.
        return ChatPost(title if plugin.title_maxlen else escape(title, quote=False), _as_html(body), sent_as)
    if sent_as is NotifyFormat.MARKDOWN:
        if isinstance(plugin, NotifyWorkflows):
            body = _with_marked_links(body, parcel.links)
        return ChatPost(title, body.replace("\n", _HARD_BREAK), sent_as)
    return ChatPost(title, body, NotifyFormat.TEXT)


def _as_html(body: str) -> str:
    return escape(body, quote=False).replace("\n", "<br/>")


def _with_marked_links(body: str, links: Collection[str]) -> str:
    """Return the body for adaptive cards, where a URL is no link by itself."""
    for link in links:
        body = body.replace(link, f"[{link}]({link})")
    return body
