"""An Apprise YAML file taken apart into its entries, so that none is dropped in silence.

Apprise reads the whole file, logs what it cannot use, and goes on without it. Each entry is handed to it alone
instead, and has to come back as what it says.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from hireloop.errors import SettingsError

_SHARED = ("version", "tag", "tags", "groups")  # apply to every entry
_KNOWN = frozenset({*_SHARED, "urls"})
_OF_A_PLUGIN = frozenset({"tag", "tags"})
_SCHEMA = re.compile(r"([a-z0-9]+)://", re.IGNORECASE)
_STAND_IN = "json://localhost"  # in the place of another package's URL, for Apprise to read its tags


class ConfigEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the list `urls`."""

    number: int  # from 1
    document: str  # YAML with this entry alone, and with what the file says of all
    identity: str  # the entry as YAML
    count: int  # how many addresses it is
    url: str  # where the entry is a URL and nothing else, or a plugin's
    plugin: str = ""  # the schema, if that is the name of another package's transport


def entries_of(config: Path, plugins: Collection[str] = ()) -> Iterator[ConfigEntry]:
    """Yield the entries of the file; a URL whose schema is one of `plugins` is that package's, and may have tags.

    Raises SettingsError, with advice, if the file is not what Apprise describes.
    """
    content = _content(config)
    unknown = sorted(str(key) for key in content.keys() - _KNOWN)
    if unknown:
        raise SettingsError(f"APPRISE_CONFIG: HireLoop does not support {', '.join(unknown)}. Remove it from {config}.")
    urls = content.get("urls")
    if not isinstance(urls, list) or not urls:
        raise SettingsError(f"APPRISE_CONFIG: {config} has no list `urls`. Add one, or unset APPRISE_CONFIG.")
    shared = {key: content[key] for key in _SHARED if key in content}
    for number, entry in enumerate(urls, start=1):
        url = _url(entry)
        schema = _SCHEMA.match(url)
        plugin = schema[1].lower() if schema and schema[1].lower() in plugins else ""
        read = _with_stand_in(entry, number) if plugin else entry
        yield ConfigEntry(
            number=number,
            document=yaml.safe_dump({**shared, "urls": [read]}),
            identity=yaml.safe_dump(entry),
            count=_count(entry),
            url=url if plugin or isinstance(entry, str) else "",
            plugin=plugin,
        )


def _url(entry: object) -> str:
    """Return the URL of an entry that is one, or that has options below one."""
    named = [entry] if isinstance(entry, str) else list(entry)[:1] if isinstance(entry, dict) else []
    return str(named[0]).strip() if named else ""


def _with_stand_in(entry: object, number: int) -> object:
    """Return a plugin's entry under a URL that Apprise knows; raises SettingsError if it has more than tags."""
    if not isinstance(entry, dict):
        return _STAND_IN
    (below,) = entry.values() if len(entry) == 1 else ("more than one",)
    options = below if isinstance(below, list) else [below or {}]
    if not all(isinstance(each, dict) and each.keys() <= _OF_A_PLUGIN for each in options):
        raise SettingsError(
            f"APPRISE_CONFIG: entry {number} belongs to another package's transport and may only have tags. Put "
            "everything else in its URL."
        )
    return {_STAND_IN: below}


def _content(config: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(config.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"APPRISE_CONFIG: {config} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        raise SettingsError(f"APPRISE_CONFIG: {config} is not valid UTF-8.") from None
    except yaml.YAMLError as error:  # its text quotes the file, and so perhaps a token
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        raise SettingsError(f"APPRISE_CONFIG: {config} is not valid YAML{where}.") from None
    if not isinstance(content, dict):
        raise SettingsError(f"APPRISE_CONFIG: {config} must be a mapping with a list `urls`, as Apprise describes it.")
    return content


def _count(entry: object) -> int:
    """Return how many addresses an entry is: a URL with a list of options below it is one an option."""
    if isinstance(entry, dict):
        lists = [below for key, below in entry.items() if "://" in str(key) and isinstance(below, list)]
        return len(lists[0]) if lists else 1
    return 1
