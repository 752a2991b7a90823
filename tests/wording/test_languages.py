"""The catalogues have every word of every template, and the reader's language is found."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import GETTEXT_FUNCTIONS, babel_extract

from hireloop.notify.next_steps import NextStep
from hireloop.notify.reasons import Reason, sentence_in
from hireloop.wording import languages

HUB = Path(str(files("hireloop.notify.rendering")))
LOCALES = Path(str(files("hireloop.wording"))) / "locales"
TEMPLATES = sorted(file for file in (HUB / "templates").rglob("*") if file.is_file())
TRANSLATED = sorted(set(languages.LANGUAGES) - {"en"})
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def phrases() -> set[str]:
    """Return the sentences of reasons and next steps, and what Jinja's i18n extension finds, as gettext names it."""
    found = {slug.sentence for slug in (*NextStep, *Reason)}
    for file in TEMPLATES:
        with file.open("rb") as source:
            found |= {str(phrase) for _, _, phrase, _ in babel_extract(source, GETTEXT_FUNCTIONS, [], {})}
    return found


def entries(language: str) -> list[Any]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return [entry for entry in read_po(file, locale=language, abort_invalid=True) if entry.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_phrase_is_translated_and_nothing_else(language: str) -> None:
    found = phrases()
    assert len(found) > 60
    assert {entry.id for entry in entries(language)} == found
    assert {entry.id for entry in entries(language) if not entry.string.strip()} == set()
    assert set(languages.catalogue(language)) == found


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_doubtful_or_loses_a_value(language: str) -> None:
    for entry in entries(language):
        assert not entry.fuzzy, entry.id
        assert sorted(PLACEHOLDER.findall(entry.string)) == sorted(PLACEHOLDER.findall(entry.id)), entry.id
        assert not set(entry.string) & set("{}<>&"), entry.id


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: f"{file.parent.name}/{file.name}")
@pytest.mark.parametrize("language", list(languages.LANGUAGES))
def test_a_translated_template_has_no_phrase_left(file: Path, language: str) -> None:
    source = languages.translated(file.read_text("utf-8"), language, frame=lambda name: f"{{{{ {name} }}}}")
    assert "trans %}" not in source
    Environment(autoescape=True).parse(source)


def test_no_words_of_a_template_escape_translation() -> None:
    """Outside phrases there is markup, values and what every language shares."""
    shared = {"hireloop deliveries show", "hireloop alerts acknowledge", "hireloop doctor"}
    for file in TEMPLATES:
        text = re.sub(r"\{% trans %\}.*?\{% endtrans %\}", "", file.read_text("utf-8"))
        text = re.sub(r"<mj-style>.*?</mj-style>", "", text, flags=re.DOTALL)
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "|", text, flags=re.DOTALL)
        words = {piece.strip(" \n:().,-") for piece in text.split("|")} - {""}
        assert words <= shared, file


def test_words_are_put_where_each_language_has_them() -> None:
    source = "{% trans %}{{ job_title }} at {{ company }}{% endtrans %}!"
    framed = {lang: languages.translated(source, lang, frame=lambda name: f"<{name}>") for lang in languages.LANGUAGES}
    assert framed == {
        "en": "<job_title> at <company>!",
        "de": "<job_title> bei <company>!",
        "hi": "<company> में <job_title>!",
    }


def test_words_are_escaped_and_values_are_not() -> None:
    source = "{% trans %}a < b {{ c }}{% endtrans %}"
    said = languages.translated(source, "en", frame="<{}>".format, escape=lambda text: text.replace("<", "&lt;"))
    assert said == "a &lt; b <c>"


@pytest.mark.parametrize(
    ("names", "locale"),
    [
        (("de-AT", "en"), "de_AT"),
        (("hi-Deva-IN", "en"), "hi_IN"),
        (("hi-Latn", "de"), "de"),
        (("fr", "de_CH"), "de_CH"),
        (("fr", "ta"), "en"),
        ((None, "hi"), "hi"),
        (("", None), "en"),
        (("../../etc", "hi"), "en"),
        (("en-GB-u-hc-h12", "de"), "en_GB"),
    ],
)
def test_a_reader_has_the_first_locale_whose_words_we_have(names: tuple[str | None, ...], locale: str) -> None:
    assert languages.reader_locale(*names) == locale


@pytest.mark.parametrize("language", list(languages.LANGUAGES))
def test_every_language_has_a_direction(language: str) -> None:
    assert languages.direction(language) == "ltr"


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "The recipient's address does not exist."),
        ("de_AT", "Die Adresse des Empfängers gibt es nicht."),
        ("hi", "पाने वाले का पता मौजूद नहीं है।"),
    ],
)
def test_why_a_message_failed_is_said_in_the_readers_language(locale: str, said: str) -> None:
    assert sentence_in("recipient_unknown", locale) == said
    assert sentence_in("reason_of_a_plugin", locale) == "reason_of_a_plugin"
    assert sentence_in(None, locale) == ""
