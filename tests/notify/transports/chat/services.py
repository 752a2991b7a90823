"""An Apprise URL of each service, and what of a post to it people read."""

import html
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from msgspec import DecodeError, json

from notify.transports.chat import readers

TEXT, MARKDOWN, HTML, ENTITIES = "text", "markdown", "html", "entities"


class Service(NamedTuple):
    """A URL, and what the service makes of the text: `ENTITIES` decodes `&amp;`, `&lt;` and `&gt;`."""

    url: str
    reads: frozenset[str]


def _reads(url: str, *reads: str) -> Service:
    return Service(url, frozenset(reads))


_TELEGRAM = "tgram://123456789:ABCdefghijkl-MNOpqrstuvwxyz123456789/1234567"
_SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#hiring"
_DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
SERVICES = {
    "slack": _reads(_SLACK, ENTITIES),
    "slack blocks": _reads(f"{_SLACK}?blocks=yes", ENTITIES),
    "slack markdown": _reads(f"{_SLACK}?format=markdown", ENTITIES),
    "slack pictures": _reads(f"{_SLACK}?image=yes&footer=yes", ENTITIES),
    "slack bot": _reads("slack://xoxb-1234-1234-4ddbc191d40ee098cbaae6f3523ada2d/#general", ENTITIES),
    "mattermost": _reads("mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4", MARKDOWN),
    "mattermost pictures": _reads("mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4?image=yes", MARKDOWN),
    "discord": _reads(_DISCORD, MARKDOWN),
    "discord embeds": _reads(f"{_DISCORD}?format=markdown&footer=yes&image=yes", MARKDOWN),
    "teams": _reads("workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/iYJzXFwlSP3Wqmk/", MARKDOWN),
    "zulip": _reads("zulip://botname@apprise/a6Njcs1XsPSeZ1Yvq7Y8fEiqDJGgOMxl/hiring", MARKDOWN),
    "lark": _reads("lark://7d56a9a1-cf2b-4f1c-b4f4-36d4c1c1b1b1", TEXT),
    "feishu": _reads("feishu://7d56a9a1cf2b4f1cb4f436d4c1c1b1b1", TEXT),
    "telegram": _reads(_TELEGRAM, HTML),
    "telegram pictures": _reads(f"{_TELEGRAM}?image=yes", HTML),
    "google chat": _reads("gchat://workspace/key/token", ENTITIES),
    "rocket.chat": _reads("rocket://AAAABBBB/CCCC@127.0.0.1/#hiring", MARKDOWN),
    "rocket.chat user": _reads("rocket://user:password@127.0.0.1/#hiring?avatar=yes", MARKDOWN),
    "matrix": _reads("matrix://user:password@127.0.0.1/#hiring:hire.example", TEXT),
    "matrix html": _reads("matrix://user:password@127.0.0.1/#hiring:hire.example?format=html", HTML),
    "matrix markdown": _reads("matrix://user:password@127.0.0.1/#hiring:hire.example?format=markdown", HTML),
    "matrix pictures": _reads("matrix://user:password@127.0.0.1/#hiring:hire.example?image=yes", TEXT),
    "matrix hook": _reads("matrix://user:token@127.0.0.1?mode=matrix", TEXT),
    "matrix hookshot": _reads("matrix://user:token@127.0.0.1?mode=hookshot", HTML),
    "matrix t2bot": _reads("matrix://" + "0123456789abcdef" * 4 + "?mode=t2bot&image=yes", TEXT),
    "webex": _reads("wxteams://" + "abcdefghijklmnopqrstuvwxyz" * 3 + "ab", MARKDOWN),
    "dingtalk": _reads("dingtalk://abcdef0123456789", TEXT),
    "nextcloud talk": _reads("nctalk://user:password@127.0.0.1/room", MARKDOWN),
    "json": _reads("json://127.0.0.1/path", TEXT),
    "ntfy": _reads("ntfy://127.0.0.1/topic", TEXT),
}  # fmt: skip
_SHOWN_AS_HTML = frozenset({"formatted_body", "html"})
_NEVER_READ = frozenset({"$schema", "contentType", "initial_device_display_name"})


def alive(service: Service, body: bytes, ours: tuple[str, ...]) -> list[str]:
    """Return what works in a post as it came in, apart from our own links."""
    found = []
    for name, text in words_of(body):
        tags, said = _read(service, name, text)
        found += [f"tag: {tag}" for tag in tags if tag not in {"b", "br", "h1", "p"}]
        if ENTITIES in service.reads and {"<", ">"} & {*text}:
            found.append(f"angle: {text}")
        if MARKDOWN in service.reads:
            found += [hit for hit in readers.markdown(said, ours) if not hit.startswith("heading")]
        found += readers.alive(_without_our_markup(said, ours), ours)
    return found


def shown(service: Service, body: bytes) -> str:
    """Return what people read of a post."""
    return "\n".join(_read(service, name, text)[1] for name, text in words_of(body))


def _read(service: Service, name: str, text: str) -> tuple[list[str], str]:
    """Return the tags of a field, and its words."""
    if name in _SHOWN_AS_HTML or (HTML in service.reads and name == "text" and "<b>" in text):
        return readers.html(text)
    return [], html.unescape(text) if ENTITIES in service.reads else text


def _without_our_markup(text: str, ours: tuple[str, ...]) -> str:
    for link in ours:
        text = text.replace(f"[{link}]({link})", link)
    lines = text.replace("  \n", "\n").splitlines()
    if lines and lines[0].startswith("# "):  # a title of ours
        lines[0] = lines[0][2:]
    elif lines and lines[0].startswith("*") and lines[0].endswith("*"):
        lines[0] = lines[0][1:-1]
    return "\n".join(lines)


def words_of(body: bytes) -> list[tuple[str, str]]:
    """Return every text of a request's body that is more than a word, with its field's name."""
    try:
        return list(_in("", json.decode(body)))
    except DecodeError:  # a form, or a picture
        return list(_in("", dict(parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True))))


def _in(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (JSON)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _in(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _in(name, inner)
    elif isinstance(value, str) and (" " in value or "://" in value) and name not in _NEVER_READ:
        yield name, value
