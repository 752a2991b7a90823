"""What a reader of the console has chosen, and what follows from it: the language and the time zone of every page."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from hireloop.web import languages
from hireloop.web.context import AnyRequest, context_of
from hireloop.wording.languages import in_language, language_of


def locale_of(request: AnyRequest) -> str:
    """Return the locale of this reader's pages: what the browser asks for, else DEFAULT_LOCALE."""
    return languages.locale_of(request)


def said_to(request: AnyRequest) -> Callable[[str], str]:
    """Return what says a sentence of ours to this reader; templates have the same as `said`."""
    language = language_of(locale_of(request))
    return lambda sentence: in_language(sentence, language)


def reader_zone(request: AnyRequest) -> ZoneInfo:
    """Return the time zone of this reader's pages: DEFAULT_TIME_ZONE."""
    return context_of(request).settings.zone
