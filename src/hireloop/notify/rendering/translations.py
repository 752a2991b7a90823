"""The templates of a kind of message in one language, compiled once a process.

A kind is a folder of `templates/`: `subject.txt`, `body.txt` and `body.mjml`, whose tags go inside `shell.mjml`.
`{% include %}` and `{% trans %}` are resolved in the source, before MJML is compiled to HTML with Jinja's placeholders
left in place; a message then costs one pass of Jinja for each template.
"""

import re
from functools import cache, partial
from html import escape
from importlib.resources import files
from typing import NamedTuple

import mrml
from jinja2 import Environment, StrictUndefined, Template

from hireloop.wording import languages

_INCLUDE = re.compile(r'^ *\{% include "([\w./{}]+)" %\}\n', re.MULTILINE)
# MJML closes the gaps between the columns of a row so, of which there is one here; to a filter it is hidden text.
_NO_FONT = re.compile(r"(?<!line-height:0px;)font-size:0px;")  # Outlook's own tables keep theirs
_TEXT = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)  # noqa: S701 (plain text)
_HTML = Environment(undefined=StrictUndefined, autoescape=True)
_EMPHASIZED = frozenset({"job_title", "soon"})


class Wording(NamedTuple):
    """What is said in a message of one kind, in one language."""

    subject: Template
    text: Template
    html: Template


@cache
def wording(kind: str, language: str) -> Wording:
    """Return the templates of a kind; raises FileNotFoundError for a kind that has none."""
    mjml = languages.translated(
        source("shell.mjml", kind), language, frame=_in_html, escape=partial(escape, quote=False)
    )
    html = _NO_FONT.sub("", mrml.to_html(mjml, render_options=mrml.RenderOptions(fonts={})).content)
    page = {"lang": language, "dir": languages.direction(language)}
    return Wording(
        subject=_text(f"{kind}/subject.txt", language),
        text=_text(f"{kind}/body.txt", language),
        html=_HTML.from_string(html, globals=page),
    )


@cache
def event_wording(language: str) -> Template:
    """Return the template of a calendar's entry: its summary on the first line, and its description."""
    return _text("event.txt", language)


@cache
def interviewer_event_wording(language: str) -> Template:
    """Return the same for the calendar of an interviewer."""
    return _text("event_interviewer.txt", language)


@cache
def attendees_wording(language: str) -> Template:
    """Return the template of who is interviewed for which position, in one line."""
    return _text("attendees.txt", language)


def source(path: str, kind: str = "") -> str:
    """Return a template's source with what it includes; `{kind}` in an include's path is the kind."""
    text = (files("hireloop.notify.rendering") / "templates" / path).read_text("utf-8")
    return _INCLUDE.sub(lambda found: source(found[1].replace("{kind}", kind), kind), text)


def _text(path: str, language: str) -> Template:
    return _TEXT.from_string(languages.translated(source(path), language, frame=_in_text))


def _in_text(name: str) -> str:
    return f"{{{{ {name} }}}}"


def _in_html(name: str) -> str:
    """Return a value that cannot turn the words around it, whichever way it is written."""
    framed = f"<bdi>{{{{ {name} }}}}</bdi>"
    return f"<b>{framed}</b>" if name in _EMPHASIZED else framed
