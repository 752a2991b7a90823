"""A locale by any of its spellings is one, and what the CLDR does not know is none."""

import re

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from hireloop.scheduling.locales import tag_of
from hireloop.wording.languages import LANGUAGES, reader_locale


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en", "en"),
        ("en-IN", "en-IN"),
        ("EN_in", "en-IN"),
        ("de_DE", "de-DE"),
        ("pt_br", "pt-BR"),
        ("pt_BR.UTF-8", "pt-BR"),
        ("de_DE@euro", "de-DE"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("zh-cn", "zh-CN"),
        ("hi-Latn", "hi-Latn"),
        ("es-419", "es-419"),
        ("iw", "he"),
        ("en-UK", "en-GB"),
        ("de-CH-1996", "de-CH"),
        ("ca-ES-valencia", "ca-ES"),
        ("hi-u-nu-deva", "hi"),
        ("en-US-x-private", "en-US"),
        (" fr ", "fr"),
        ("fil", "fil"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_locale_has_one_spelling(text: str, tag: str) -> None:
    assert tag_of(text) == tag == tag_of(tag)


@pytest.mark.parametrize(
    "text",
    [
        *["xx", "xx-yy", "xx_YY", "en-YY", "en-Abcd", "de-", "-de", "d", "de--DE", "deutsch", "German", "klingon", "C"],
        *["POSIX", "*", "en,de;q=0.8", "und", "root", "zxx", "en-ZZ", "de DE", "../de", "de-DE\n\nBcc", "12", "e1"],
    ],
)
def test_what_is_no_locale_is_refused_with_what_is_known(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be a locale such as en-IN, de or pt-BR") as refused:
        tag_of(text)
    assert all(re.search(rf"written in .*\b{language}\b", str(refused.value)) for language in LANGUAGES)


@given(st.sampled_from(sorted(set(locale_identifiers()) - {"root"})))
def test_every_locale_that_dates_can_be_written_in_is_known(name: str) -> None:
    tag = tag_of(name)
    assert tag == tag_of(tag.lower()) == tag_of(tag.upper()) == tag_of(tag.replace("-", "_"))
    assert Locale.parse(tag, sep="-").language == Locale.parse(name).language or tag_of(name) != name


@given(st.text(max_size=35) | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}", fullmatch=True))
def test_any_text_is_a_tag_or_refused(text: str) -> None:
    try:
        tag = tag_of(text)
    except ValueError:
        return
    assert re.fullmatch(r"|[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", tag)
    assert tag_of(tag) == tag


def test_a_region_that_a_language_has_no_dates_for_keeps_the_language() -> None:
    assert reader_locale(tag_of("de-JP")).partition("_")[0] == "de"
