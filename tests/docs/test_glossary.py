"""One word for one thing: the glossary's words are in use, and words that were given up do not come back."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.documents import ROOT

GLOSSARY = ROOT / "docs/reference/glossary.md"
SOURCE = ROOT / "src/hireloop"
MOST_WORDS = 40
SOURCE_FILES = sorted(
    path for path in SOURCE.rglob("*") if path.suffix in {".py", ".html", ".mjml", ".txt", ".po", ".js", ".sql"}
)
TEST_FILES = sorted(path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__))
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "bench/*.md", "clients/*/*.md", "deploy/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
    if "\nStatus: superseded" not in path.read_text("utf-8")  # a decision that no longer holds keeps its words
)


class Retired(NamedTuple):
    """A word that is not used any more, what is written instead, and the places that keep it, each with the reason."""

    pattern: str
    instead: str
    allowed: dict[str, str] = {}  # noqa: RUF012 (never changed)


MAIL = {
    "src/hireloop/notify/bounces/*": "the envelope of a mail (RFC 5321)",
    "src/hireloop/notify/bounces/reading/*": "the envelope of a mail (RFC 5321)",
    "src/hireloop/notify/transports/mail/*": "the envelope of a mail (RFC 5321)",
    "src/hireloop/notify/transports/refusal_rules.py": "the envelope of a mail (RFC 5321)",
    "src/hireloop/local/mailbox/*": "the envelope of a mail (RFC 5321)",
    "src/hireloop/local/mailbox/templates/*": "the envelope of a mail (RFC 5321)",
    "src/hireloop/cli/bounces.py": "the envelope of a mail (RFC 5321)",
    "tests/notify/bounces/*": "the envelope of a mail (RFC 5321)",
    "tests/notify/bounces/reading/*": "the envelope of a mail (RFC 5321)",
    "tests/notify/transports/mail/*": "the envelope of a mail (RFC 5321)",
    "tests/local/mailbox/*": "the envelope of a mail (RFC 5321)",
}
FORMS = {
    "src/hireloop/*/templates/*": "the hint below a field of a form, as a name in HTML",
    "src/hireloop/portal/static/*": "the same name, in scripts",
    "tests/portal/in_browser/test_way_through.py": "the same name, in a selector",
    "tests/notify/transports/webhook/test_webhook.py": "the status 103 of HTTP",
}
RETIRED = [
    Retired(r"mend(s|ed|ing)?", "fix, or how to fix it"),
    Retired(r"pace[sd]?", "rate limit"),
    Retired(r"openings|(an?|the|each|every|this|that|no|free) opening", "a job, or a free slot"),
    Retired(r"(?<!type[ ])(?<!param[ ])hints?", "a notification, or a wake-up", FORMS),  # but in libraries' names
    Retired(r"verdicts?", "an outcome, or a result"),
    Retired(r"envelopes?(?! (sender|from)\b)", "headers, outside mail", MAIL),
    Retired(r"(another|this|one|which) window", "a tab: a window is the time to enter"),
    Retired(r"whoever", "anyone who, or the person who"),
    Retired(r"in earnest", "in production"),
    Retired(r"letter case", "case, or ignoring case"),
    Retired(r"(stands?|stood) already", "already exists"),
    Retired(r"untold", "unreported, or not yet sent"),
    Retired(r"noted", "recorded"),
    Retired(r"doubled", "repeated"),
    Retired(
        r"troubles?",
        "a failure, a fault or a problem",
        allowed={"src/hireloop/notify/bounces/reading/words.py": "what other servers write"},
    ),
    Retired(r"(is|are|be|has|have|known) otherwise", "is different, or has other values"),
    Retired(r"candidates?'s? word", "the candidate's confirmation, or answer"),
    Retired(r"heed(s|ed|ing)?", "apply, or follow"),
    Retired(r"admissions?", "authentication and rate limit"),
    Retired(r"class Origins|import Origins|\*origins\*", "CORS"),
]


def words() -> list[str]:
    rows = re.findall(r"^\| ([a-z ]+) \| .+ \|$", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return [row for row in rows if row != "word"]


def uses(word: str, text: str) -> bool:
    """Tell whether a text has a word, alone, in the plural, or as a part of a name such as `session_key`."""
    pattern = word.replace(" ", "[ _]")
    return re.search(rf"(?<![a-z]){pattern}(s|es)?(?![a-z])", text, re.IGNORECASE) is not None


def in_words(text: str) -> str:
    """Return a text with the names in it split into their words."""
    return re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", text)


@cache
def identifiers() -> str:
    """Return the names of the source's modules, classes, functions, parameters and variables, their words apart."""
    names = set()
    for path in SOURCE_FILES:
        if path.suffix == ".py":
            names.add(path.stem)
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Name(id=name) | ast.arg(arg=name) | ast.ClassDef(name=name):
                        names.add(name)
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        names.add(name)
                    case _:
                        pass
    return in_words("\n".join(sorted(names)))


def lines_with(word: Retired, text: str) -> Iterator[int]:
    """Yield the number of each line that a retired word begins on, alone or as a part of a name."""
    words, pattern = in_words(text), re.sub(r"(?<!\[) ", r"\\s+", word.pattern)
    for one in re.finditer(rf"\b({pattern})(?!\w)", words, re.IGNORECASE):
        yield words.count("\n", 0, one.start())


def found(word: Retired, path: Path) -> Iterator[str]:
    """Yield where a retired word is in a file's name or in its text."""
    name = path.relative_to(ROOT)
    if not any(name.match(place) for place in word.allowed):
        text = f"{name}\n{path.read_text('utf-8')}"
        yield from (f"{name}:{number}: {text.splitlines()[number].strip()}" for number in lines_with(word, text))


def test_the_glossary_is_short_and_in_order() -> None:
    assert words() == sorted(set(words()))
    assert 30 <= len(words()) <= MOST_WORDS


@pytest.mark.parametrize("word", words())
def test_a_word_of_the_glossary_is_used_in_the_source_and_in_the_documents(word: str) -> None:
    assert uses(word, identifiers())
    assert sum(uses(word, page.read_text("utf-8")) for page in PAGES if page != GLOSSARY) >= 2


@pytest.mark.parametrize("word", RETIRED, ids=lambda word: word.pattern)
def test_a_retired_word_is_in_no_document(word: Retired) -> None:
    assert [line for page in PAGES for line in found(word, page)] == [], f"write {word.instead}"


@pytest.mark.parametrize("word", RETIRED, ids=lambda word: word.pattern)
def test_a_retired_word_is_not_in_the_source(word: Retired) -> None:
    assert [line for path in SOURCE_FILES for line in found(word, path)] == [], f"write {word.instead}"


@pytest.mark.parametrize("word", RETIRED, ids=lambda word: word.pattern)
def test_a_retired_word_is_in_no_test(word: Retired) -> None:
    assert [line for path in TEST_FILES for line in found(word, path)] == [], f"write {word.instead}"


@pytest.mark.parametrize(
    "text", ["_untold(now)", "take_untold", "_TAKE_UNTOLD", "class UntoldDelivery", "`untold`", "it is untold."]
)
def test_a_retired_word_is_found_inside_a_name(text: str) -> None:
    assert list(lines_with(Retired("untold", "unreported"), f"first line\n{text}\n")) == [1]
