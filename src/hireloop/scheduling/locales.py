"""Locales, as people and programs write them, and the one way of writing each: `pt-BR` for `pt_br.UTF-8`. Pure.

A locale is a language, and perhaps a script and a region, as the Unicode CLDR knows them (BCP 47). Extensions and
variants, which change neither words nor dates here, are left out.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from hireloop.wording.phrases import FilledPhrase, phrase

_LOCALE = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-z0-9](?:-[a-z0-9]{2,8})+)*"
)
_OF_POSIX = re.compile(r"[.@].*\Z")  # `de_DE.UTF-8@euro`
_NO_LANGUAGES = {"mis", "mul", "root", "und", "zxx"}
_NO_REGIONS = {"ZZ"}
_HOW = phrase(
    "must be a locale such as en-IN, de or pt-BR: a language, and perhaps a script and a region, that the Unicode CLDR "
    "knows. Messages are written in de, en and hi; others get English"
)


class _Known(NamedTuple):
    """The codes that there are, and the new ones of those that were given up."""

    languages: frozenset[str]
    scripts: frozenset[str]
    regions: frozenset[str]
    renamed_languages: dict[str, str]
    renamed_regions: dict[str, str]


@lru_cache(maxsize=1024)
def tag_of(text: str) -> str:
    """Return a locale as it is stored, nothing for nothing; raises ValueError with how to write one."""
    if not text.strip():
        return ""
    found = _LOCALE.fullmatch(_OF_POSIX.sub("", text.strip()).replace("_", "-").lower())
    if found is None:
        raise ValueError(FilledPhrase(_HOW))
    known = _known()
    language, script, region = found["language"], (found["script"] or "").title(), (found["region"] or "").upper()
    language = known.renamed_languages.get(language, language)
    region = known.renamed_regions.get(region, region)
    if (
        language not in known.languages
        or (script and script not in known.scripts)
        or (region and region not in known.regions)
    ):
        raise ValueError(FilledPhrase(_HOW))
    return "-".join(part for part in (language, script, region) if part)


@cache
def _known() -> _Known:
    from babel import Locale  # commands that store no locale do without
    from babel.core import get_global
    from babel.localedata import locale_identifiers

    english = Locale("en")
    named = {*map(str, english.languages), *locale_identifiers()}
    languages = {code for code in named if "_" not in code} - _NO_LANGUAGES
    regions = {str(code) for code in english.territories} - _NO_REGIONS
    renamed = get_global("language_aliases")
    moved = get_global("territory_aliases")
    return _Known(
        languages=frozenset(languages),
        scripts=frozenset(str(code) for code in english.scripts) - {"Zzzz"},
        regions=frozenset(regions),
        renamed_languages={old: new for old, new in renamed.items() if new in languages and old not in languages},
        renamed_regions={old: new[0] for old, new in moved.items() if len(new) == 1 and old not in regions},
    )
