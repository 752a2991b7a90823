"""Time zones, by the names that people have for them: the zone database's, also its old ones, and those of Windows.

A zone is stored and shown under the database's present name: `Asia/Calcutta` is `Asia/Kolkata`. A name that the
database lists for a country of its own stays, also where its clocks are kept under another's: `Europe/Stockholm` is
not `Europe/Berlin`, though it is a link to it.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from hireloop.wording.phrases import FilledPhrase, phrase

_NO_ZONE = phrase("must be an IANA time zone, such as Asia/Kolkata or Europe/Berlin")
_NO_ZONES = frozenset({"Factory"})  # what the database calls a clock that nobody has set
_SHORT = {"Etc/UTC": "UTC"}  # as everybody writes it


def database_name(name: str) -> str:
    """Return the database's name of a zone, ignoring case; raises ValueError for no zone."""
    if name in _of_countries():  # nearly always, and without CLDR
        return name
    known = _names().get(name.casefold())
    if known is None:
        raise ValueError(FilledPhrase(_NO_ZONE))
    return known


def listed_names() -> list[str]:
    """Return the names that people are offered to choose from, in their order; the old ones are not among them."""
    return sorted({*_of_countries(), "UTC"})


@lru_cache(maxsize=1024)
def zone_of(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """Return the zone of this name, or `default` if there is none of that name."""
    try:
        return ZoneInfo(database_name(name or ""))
    except ValueError:
        return default


@cache
def _of_countries() -> frozenset[str]:
    return frozenset(line.split("\t")[2] for line in _lines("zone.tab") if not line.startswith("#"))


@cache
def _names() -> dict[str, str]:
    """Return the database's name for every name that is known, these in small letters."""
    from babel.core import get_global  # commands that write no dates do without

    targets = dict(_zones_and_links())
    renamed = get_global("zone_aliases")  # CLDR's: it knows that Iceland is Atlantic/Reykjavik, not Africa/Abidjan

    def present(name: str) -> str:
        if name in _of_countries():
            return name
        newer = renamed.get(name, "")
        found = newer if newer in targets else targets[name]
        return _SHORT.get(found, found)

    known = {name: present(name) for name in targets}
    windows = {name: known[zone] for name, zone in get_global("windows_zone_mapping").items() if zone in known}
    return {name.casefold(): zone for name, zone in (windows | known).items()}


def _zones_and_links() -> Iterator[tuple[str, str]]:
    """Yield each name in the database, and the name of the zone that it leads to, which may be itself."""
    for line in _lines("tzdata.zi"):
        match line.split():
            case ["Z", name, *_] if name not in _NO_ZONES:
                yield name, name
            case ["L", target, name]:
                yield name, target


def _lines(file: str) -> list[str]:
    return (files("tzdata") / "zoneinfo" / file).read_text(encoding="utf-8").splitlines()
