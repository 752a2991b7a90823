"""In which language a page is: what its reader has chosen, else what the browser asks for, else DEFAULT_LOCALE."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from babel.messages.extract import extract_javascript

from hireloop.web.context import AnyConnection, context_of
from hireloop.web.http.weights import weight_of
from hireloop.wording.languages import first_with_words, reader_locale

_LONGEST_HEADER = 1_000  # characters: what comes after them is not read
_MOST_RANGES = 20
_REMEMBERED = "reader_locale"
_IN_SCRIPTS: dict[str, None] = {"say": None, "phrase": None}


def remember(request: AnyConnection, locale: str | None) -> None:
    """Let the pages that respond to this request be in its reader's own locale, if there are words for it."""
    request.state[_REMEMBERED] = locale


def locale_of(request: AnyConnection, *chosen: str | None) -> str:
    """Return the first of these locales, as Babel spells it, in whose language there are words.

    `chosen` comes first, then what was remembered for the request, then what the browser asks for, then
    DEFAULT_LOCALE, and `en` at last.
    """
    asked = wanted(request.headers.get("accept-language", ""))
    return reader_locale(*chosen, _own(request), *asked, context_of(request).settings.default_locale)


def headers_of(request: AnyConnection, *chosen: str | None) -> dict[str, str]:
    """Return the headers of a page in `locale_of` these: its language, and whether the browser had a say in it."""
    said = {"Content-Language": locale_of(request, *chosen).replace("_", "-")}
    if first_with_words(*chosen, _own(request)) is None:
        said["Vary"] = "Accept-Language"
    return said


def _own(request: AnyConnection) -> str | None:
    own: str | None = request.state.get(_REMEMBERED)
    return own


@lru_cache(maxsize=256)
def wanted(accept_language: str) -> Sequence[str]:
    """Return the languages in Accept-Language, what is wanted most first (RFC 9110, 12.5.4); `*` is no language."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language[:_LONGEST_HEADER].split(",")[:_MOST_RANGES]:
        name, _, weight = part.partition(";")
        weighed.append((weight_of(weight), name.strip()))
    return [name for weight, name in sorted(weighed, key=lambda one: -one[0]) if weight > 0 and name not in {"", "*"}]


def phrases_of_scripts(folder: Path) -> frozenset[str]:
    """Return the phrases of `say("…")` and `phrase("…")` in the scripts of a folder."""
    found: set[str] = set()
    for script in folder.glob("*.js"):
        with script.open("rb") as source:
            found |= {str(text) for _, _, text, _ in extract_javascript(source, _IN_SCRIPTS, [], {})}
    return frozenset(found)
