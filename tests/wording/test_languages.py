"""The catalogues have every word of every template, and the reader's language is found."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import GETTEXT_FUNCTIONS, babel_extract

from hireloop import errors, faults
from hireloop.notify.deliveries.skips import Skip
from hireloop.notify.next_steps import NextStep
from hireloop.notify.reasons import Reason, sentence_in
from hireloop.web.languages import phrases_of_scripts
from hireloop.wording import languages

SOURCE = Path(str(files("hireloop")))
HUB = SOURCE / "notify/rendering"
LOCALES = SOURCE / "wording/locales"
TRANSLATORS = Path(__file__).parents[2] / "docs/how-to/translate-pages-and-emails.md"
TEMPLATES = sorted(file for file in (HUB / "templates").rglob("*") if file.is_file())
DOORS = ["console", "portal"]  # whose pages speak their reader's language
PAGES = [page for door in DOORS for page in sorted((SOURCE / door / "templates").rglob("*.html"))]
KINDS_OF_THINGS = ("alert", "candidate", "delivery", "interview", "job", "schedule", "slot")
OTHERS_SHOWN = (errors.DatabaseNotReady, errors.TooManyRequests)
NOT_SHOWN = (  # those that programs alone can meet, or candidates, whose pages have their own words
    errors.ChangedSince,
    errors.ChangeTooLate,
    errors.DiffersFromKnown,
    errors.IdempotencyInProgress,
    errors.IdempotencyKeyReused,
    errors.InterviewAlreadyScheduled,
    errors.LimitReached,
    errors.NotReplayable,
    errors.Refused,
    errors.TooManyChanges,
    errors.TooManyMessages,
    errors.TooManyPresses,
    errors.TooManyReinvitations,
    errors.TooManyStoredResponses,
    errors.UseReschedule,
)
TRANSLATED = sorted(set(languages.LANGUAGES) - {"en"})
PLACEHOLDER = re.compile(r"%\(\w+\)s|(?<!%)\{\w+\}")
TAG = re.compile(r"<[^>]*>")


def phrases_of(template: Path) -> set[str]:
    """Return what Jinja's i18n extension finds, as gettext names it; a phrase that counts is two."""
    with template.open("rb") as source:
        found = [text for _, _, text, _ in babel_extract(source, GETTEXT_FUNCTIONS, [], {"trimmed": "true"})]
    return {str(one) for text in found for one in (text if isinstance(text, tuple) else (text,)) if one is not None}


def phrases_of_code() -> set[str]:
    """Return the phrases of `phrase("…")` in Python, and the sentences of the trees below it that people are shown."""
    found = {slug.sentence for slug in (*NextStep, *Reason, *Skip)}
    found |= {fault.sentence for fault in vars(faults).values() if isinstance(fault, faults.Fault)}
    found |= set(refusals())
    for file in SOURCE.rglob("*.py"):
        with file.open("rb") as source:
            found |= {str(text) for _, _, text, _ in extract_python(source, {"phrase": None}, [], {})}
    return found


def refusals() -> Iterator[str]:
    """Yield why the console could not do something: every error that not only programs or candidates meet."""
    yield from (errors.NotFound(what, 0).sentence for what in KINDS_OF_THINGS)
    yield from (kind(0, 0).sentence for kind in (errors.TooManyMessages, errors.TooManyReinvitations))
    shown = {getattr(errors, name) for name in dir(errors) if name[0].isupper()} - set(NOT_SHOWN)
    yield from (str(kind.__doc__) for kind in shown if issubclass(kind, (errors.Refused, *OTHERS_SHOWN)))


def phrases() -> set[str]:
    """Return every phrase that is said in more than English."""
    found = phrases_of_code()
    for template in (*TEMPLATES, *PAGES):
        found |= phrases_of(template)
    for door in DOORS:
        found |= phrases_of_scripts(SOURCE / door / "static")
    return found


def entries(language: str) -> list[Any]:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return [entry for entry in read_po(file, locale=language, abort_invalid=True) if entry.id]


def pairs(language: str) -> list[tuple[str, str]]:
    """Return each phrase beside its translation."""
    found: list[tuple[str, str]] = []
    for entry in entries(language):
        found += zip(entry.id, entry.string, strict=True) if entry.pluralizable else [(entry.id, entry.string)]
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_phrase_is_translated_and_nothing_else(language: str) -> None:
    found = phrases()
    assert len(found) > 200
    assert {phrase for phrase, _ in pairs(language)} == found
    assert {phrase for phrase, said in pairs(language) if not said.strip()} == set()
    assert set(languages.catalogue(language)) == found


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_doubtful_or_loses_a_value_or_a_tag(language: str) -> None:
    assert [entry.id for entry in entries(language) if entry.fuzzy] == []
    for phrase, said in pairs(language):
        assert Counter(PLACEHOLDER.findall(said)) == Counter(PLACEHOLDER.findall(phrase)), phrase
        assert Counter(TAG.findall(said)) == Counter(TAG.findall(phrase)), phrase
        assert not set(TAG.sub("", PLACEHOLDER.sub("", said))) & set("{}<>&"), phrase


def retired(language: str) -> list[str]:
    """Return the words that the page for translators refuses: the column behind the language's own."""
    rows = re.findall(r"^\|(.*)\|$", TRANSLATORS.read_text("utf-8").partition("## Keep to the words")[2], re.MULTILINE)
    head, _, *words = [[cell.strip() for cell in row.split("|")] for row in rows if row.count("|") == 4]
    behind = head.index({"de": "German", "hi": "Hindi"}[language]) + 1
    assert head[behind] == "not"
    return [word for row in words for word in row[behind].split(", ") if word]


@pytest.mark.parametrize("language", TRANSLATED)
def test_retired_words_do_not_come_back(language: str) -> None:
    words = retired(language)
    assert len(words) > 10
    letter = r"[\w\u0900-\u097f]"  # Hindi's vowel signs are not in `\w`
    found = re.compile(rf"(?<!{letter})(?:{'|'.join(words)})(?!{letter})", re.IGNORECASE)
    assert [(phrase, said) for phrase, said in pairs(language) if found.search(PLACEHOLDER.sub("", said))] == []


def test_a_nukta_is_written_only_where_it_is_heard() -> None:
    assert [said for _, said in pairs("hi") if re.search("[कखग]\u093c|[\u0958-\u095a]", said)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_messages_have_no_tags(language: str) -> None:
    """Mail is rendered as HTML and as text from the same phrases."""
    said = languages.catalogue(language)
    for template in TEMPLATES:
        for phrase in phrases_of(template):
            assert not TAG.search(phrase + said[phrase]), phrase


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.parent.name}/{page.name}")
def test_no_words_of_a_page_escape_translation(page: Path) -> None:
    """Outside phrases there is markup, values and what every language shares; also in attributes and expressions."""
    source = re.sub(r"\{#.*?#\}", "", page.read_text("utf-8"), flags=re.DOTALL)
    source = re.sub(r"\{% block layout %\}\w*\{% endblock %\}", "", source)  # a name of the style sheet's
    source = re.sub(r"\{% trans\b.*?\{% endtrans %\}", "", source, flags=re.DOTALL)
    code = re.findall(r"\{[%{].*?[%}]\}", source, flags=re.DOTALL)
    text = re.sub(r"\{[%{].*?[%}]\}", "", source, flags=re.DOTALL)
    text = re.sub(r"""\s(?:aria-(?:invalid|describedby)="[^"]*"|autofocus)""", "", text)  # of macros for a tag's inside
    said = re.findall(r"""\s(?:alt|aria-label|aria-description|placeholder|title)=["']([^"']*)""", text)
    said += re.sub(r"<[^>]*>|&nbsp;", "|", text, flags=re.DOTALL).split("|")
    assert {piece.strip(" \n:().,–·!✓✕←→") for piece in said} <= {"", "HireLoop"}  # noqa: RUF001 (en dash)
    literals = [text for part in code for text in re.findall(r'"([^"]*)"', re.sub(r'_\("[^"]*"\)', "", part))]
    assert [text for text in literals if re.match(r"[A-Z]|.* ", text)] == []


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
        ("hi", "पाने वाले का ईमेल पता मौजूद नहीं है।"),
    ],
)
def test_why_a_message_failed_is_said_in_the_readers_language(locale: str, said: str) -> None:
    assert sentence_in("recipient_unknown", locale) == said
    assert sentence_in("reason_of_a_plugin", locale) == "reason_of_a_plugin"
    assert sentence_in(None, locale) == ""
