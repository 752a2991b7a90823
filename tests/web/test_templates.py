import re
from functools import cache
from pathlib import Path

import pytest
from jinja2 import BaseLoader, TemplateNotFound, UndefinedError

import hireloop
from hireloop.web import templates
from hireloop.web.templates import Templates


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing behind for other tests of this process."""
    folders: dict[str, BaseLoader] = {}
    monkeypatch.setattr(templates, "_folders", folders)
    monkeypatch.setattr(templates, "_environment", cache(templates._environment.__wrapped__))  # noqa: SLF001 (there is one a process)


SOURCE = Path(hireloop.__file__).parent
PREFIXES = {"portal": "portal", "console": "console", "local/mailbox": "mailbox", "api/openapi": "docs"}


def folder(at: Path, **templates: str) -> Path:
    at.mkdir()
    for name, text in templates.items():
        (at / f"{name}.html").write_text(text)
    return at


def test_a_template_has_what_its_door_shares_and_what_the_page_says(tmp_path: Path) -> None:
    base = "{{ lang }}: {% block main %}{% endblock %}"
    parts = "{% macro loud(word) %}{{ shout(word) }}{% endmacro %}"
    page = (
        '{% extends "one/base.html" %}{% import "one/parts.html" as parts with context %}'
        "{% block main %}{{ parts.loud(word) }}{% endblock %}"
    )
    one = Templates("one", folder(tmp_path / "one", base=base, parts=parts, page=page), lang="en", shout=str.upper)
    assert one.render("page", word="hello") == "en: HELLO"
    assert one.render("page", word="<b>", lang="de") == "de: &lt;B&gt;"


def test_what_one_door_shares_no_other_one_sees(tmp_path: Path) -> None:
    ours = Templates("ours", folder(tmp_path / "ours", page="{{ path }}"), path="/ours/")
    theirs = Templates("theirs", folder(tmp_path / "theirs", page="{{ path }}", other="{{ token }}"))
    assert ours.render("page") == "/ours/"
    with pytest.raises(UndefinedError, match="path"):
        theirs.render("page")
    with pytest.raises(UndefinedError, match="token"):
        theirs.render("other")
    with pytest.raises(TemplateNotFound):
        ours.render("other")


def test_a_prefix_is_taken_once(tmp_path: Path) -> None:
    Templates("ours", folder(tmp_path / "ours", page="ours"))
    with pytest.raises(ValueError, match="ours"):
        Templates("ours", folder(tmp_path / "others", page="others"))


@pytest.mark.parametrize("door", ["portal", "console", "mailbox", "docs"])
def test_a_door_uses_no_template_of_another(door: str) -> None:
    found = [*SOURCE.rglob("templates/*.html")]
    assert len(found) > 40
    own = [file for file in found if PREFIXES[file.parent.parent.relative_to(SOURCE).as_posix()] == door]
    named = {
        name
        for file in own
        for name in re.findall(r"""(?:extends|import|include|from) ["']([^"']+)""", file.read_text())
    }
    assert own
    assert {name.partition("/")[0] for name in named} <= {door}


def test_what_stands_in_backticks_is_code_and_everything_is_escaped() -> None:
    assert templates.coded("Run `a <b>` & see.") == "Run <code>a &lt;b&gt;</code> &amp; see."


def test_a_page_speaks_its_readers_language(tmp_path: Path) -> None:
    page = (
        '<p lang="{{ lang }}" dir="{{ dir }}">{% trans who=name %}{{ who }} is not <b>here</b>.{% endtrans %} '
        "{{ said(reason) }}</p>"
    )
    pages = Templates("pages", folder(tmp_path / "pages", page=page))
    shown = pages.render("page", "de_AT", name="<Asha>", reason="The recipient's address does not exist.")
    assert shown == (
        '<p lang="de-AT" dir="ltr">&lt;Asha&gt; is not <b>here</b>. Die Adresse des Empfängers gibt es nicht.</p>'
    )
    assert pages.render("page", name="Asha", reason="<i>").endswith("Asha is not <b>here</b>. &lt;i&gt;</p>")
