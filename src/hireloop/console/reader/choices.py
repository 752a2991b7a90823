"""What a reader of the console has chosen, and what follows from it: the language and the time zone of every page.

The choice is in a cookie, `<language>.<zone>` with `:` for `/`: it is about a browser, like the language that the
browser asks for, and holds from the sign-in page on, where nobody is known yet.
"""

from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from litestar.datastructures import Cookie

from hireloop.console.labels import Translator
from hireloop.time_zones import database_name, zone_of
from hireloop.web import languages
from hireloop.web.context import AnyRequest, context_of
from hireloop.wording.languages import LANGUAGES, in_language, language_of

_LONGEST = 80  # characters of a cookie; no name of a zone has more than 32
_KEPT_FOR = 400 * 86_400  # seconds: browsers keep no cookie longer


class ReaderChoices(NamedTuple):
    """What somebody has chosen on the page of preferences; empty for what follows from elsewhere."""

    language: str = ""  # one of `LANGUAGES`; else the browser asks for one
    zone: str = ""  # as the time zone database names it; else it is DEFAULT_TIME_ZONE


def choices_of(request: AnyRequest) -> ReaderChoices:
    """Return what was chosen in this browser; what we did not write is no choice."""
    text = request.cookies.get(_cookie_name(request), "")
    if len(text) > _LONGEST:
        return ReaderChoices()
    language, _, zone = text.partition(".")
    return ReaderChoices(language if language in LANGUAGES else "", _known(zone.replace(":", "/")))


def cookie_of(request: AnyRequest, choices: ReaderChoices) -> Cookie:
    """Return the cookie that holds these choices, or takes it away if nothing is chosen."""
    return Cookie(
        key=_cookie_name(request),
        value=f"{choices.language}.{choices.zone.replace('/', ':')}" if any(choices) else "",
        path="/",  # what the prefix `__Host-` asks for
        max_age=_KEPT_FOR if any(choices) else 0,
        secure=context_of(request).settings.is_https,
        httponly=True,
        samesite="lax",
    )


def locale_of(request: AnyRequest) -> str:
    """Return the locale of this reader's pages: as chosen, else as the browser asks, else DEFAULT_LOCALE."""
    return languages.locale_of(request, choices_of(request).language)


def zone_of_reader(request: AnyRequest) -> ZoneInfo:
    """Return the time zone of this reader's pages: as chosen, else DEFAULT_TIME_ZONE."""
    return zone_of(choices_of(request).zone, context_of(request).settings.zone)


def said_to(request: AnyRequest) -> Translator:
    """Return what says a sentence of ours to this reader; templates have the same as `said`."""
    return partial(_in, language_of(locale_of(request)))


def _in(language: str, sentence: str, /, **values: object) -> str:
    return in_language(sentence, language, **values)


def _known(zone: str) -> str:
    try:
        return database_name(zone)
    except ValueError:
        return ""


def _cookie_name(request: AnyRequest) -> str:
    return f"{'__Host-' if context_of(request).settings.is_https else ''}hireloop-reader"
