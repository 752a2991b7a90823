from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from hireloop.web.templates import Templates


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
    theirs = Templates("theirs", folder(tmp_path / "theirs", page="{{ path }}", other="{{ lang }}"))
    assert ours.render("page") == "/ours/"
    with pytest.raises(UndefinedError, match="path"):
        theirs.render("page")
    with pytest.raises(UndefinedError, match="lang"):
        theirs.render("other")
    with pytest.raises(TemplateNotFound):
        ours.render("other")
