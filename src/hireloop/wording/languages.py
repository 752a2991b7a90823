"""The languages of messages and pages: which one a reader gets, and its words, from the catalogues in `locales/`.

English is the language of the templates themselves. Messages get their words when a template is compiled, once a
process and language, so that one costs no look-up (docs/decisions/0018-words-at-compile-time.md); pages look them up.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files

from babel import Locale
from babel.messages.pofile import read_po

from hireloop.wording import times

# Each with the script that its words are written in: `hi-Latn` asks for Hindi that we do not have.
LANGUAGES = {"en": "Latn", "hi": "Deva", "de": "Latn"}
_PHRASE = re.compile(r"\{% trans %\}(.*?)\{% endtrans %\}")
_VALUE = re.compile(r"\{\{ (\w+) \}\}")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def reader_locale(*names: str | None) -> str:
    """Return the first of these locales in whose language there are words, as Babel spells it; `en` if there is none.

    Dates follow the locale and words its language, so that both are always in one language.
    """
    return first_with_words(*names) or times.FALLBACK_LOCALE


@lru_cache(maxsize=1024)
def first_with_words(*names: str | None) -> str | None:
    """Return the first of these locales in whose language there are words, as Babel spells it, or None."""
    for name in names:
        known = times.known_locale(name) if name else ""
        if known and _has_words(Locale.parse(known)):
            return known
    return None


def _has_words(locale: Locale) -> bool:
    return locale.language in LANGUAGES and locale.script in {None, LANGUAGES[locale.language]}


def language_of(locale: str) -> str:
    """Return the language of a locale as Babel spells it: `de` of `de_AT`."""
    return locale.partition("_")[0]


@cache
def own_names() -> dict[str, str]:
    """Return each language with what it is called in itself: `Deutsch` for `de`."""
    return {language: str(Locale.parse(language).display_name) for language in LANGUAGES}


@cache
def direction(language: str) -> str:
    """Return `ltr` or `rtl`, the value of HTML's `dir`."""
    return Locale.parse(language).text_direction


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the words of a language: the text in the templates -> its translation; empty for English.

    A phrase that counts has two entries, one for 1 and one for any other number: our languages have no third form.
    """
    if language == times.FALLBACK_LOCALE:
        return {}
    with (files("hireloop.wording") / "locales" / f"{language}.po").open("rb") as file:
        entries = read_po(file, locale=language, abort_invalid=True)
    words: dict[str, str] = {}
    for entry in entries:
        if entry.id and entry.string and not entry.fuzzy:
            ids, said = (entry.id, entry.string) if entry.pluralizable else ([entry.id], [entry.string])
            words |= {str(one): str(other) for one, other in zip(ids, said, strict=True)}
    return words


def in_language(sentence: str, language: str, **values: object) -> str:
    """Return a sentence that stands in the code, as that of a next step does, in one language; else in English.

    Values go where the sentence has their names, as in `%(until)s`; without values a `%` is a `%`.
    """
    said = catalogue(language).get(sentence, sentence)
    return said % values if values else said


def translated(source: str, language: str, *, frame: Callable[[str], str], escape: Callable[[str], str] = str) -> str:
    """Return a template's source with the words of one language in the place of its `{% trans %}` phrases.

    A phrase is on one line; its values are `{{ name }}` and become whatever `frame` makes of the name. What the
    catalogue lacks stays English. `escape` is what the words themselves need.
    """
    words = catalogue(language)

    def put_in(found: re.Match[str]) -> str:
        phrase = _VALUE.sub(r"%(\1)s", found[1])
        parts = _PLACEHOLDER.split(words.get(phrase, phrase))
        return "".join(frame(part) if n % 2 else escape(part) for n, part in enumerate(parts))

    return _PHRASE.sub(put_in, source)
