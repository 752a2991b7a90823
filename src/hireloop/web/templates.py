"""The environments of every page, one a language: each door has its templates under a prefix, as `portal/base.html`."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

from hireloop.wording import languages, times

_folders: dict[str, BaseLoader] = {}  # by their prefixes


def coded(text: str) -> Markup:
    """Return a sentence of ours as HTML, with code between backticks."""
    parts = escape(text).split("`")
    return Markup().join(Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts))


class Templates:
    """The templates of one door, and what all of them may use; those of other doors do not see it."""

    def __init__(self, prefix: str, folder: Path, **shared: object) -> None:
        """Register the folder; its templates name each other with the prefix. Raises ValueError for a known prefix."""
        if prefix in _folders:
            msg = f"The prefix {prefix!r} has its templates already."
            raise ValueError(msg)
        _folders[prefix] = FileSystemLoader(folder)
        self._prefix, self._shared = prefix, shared

    def render(self, template: str, locale: str = times.FALLBACK_LOCALE, /, **values: object) -> str:
        """Render `<template>.html` in the language of a locale; every value is escaped, and a missing one is an error.

        The phrases of `{% trans %}` and `_()` are looked up in the language's catalogue.
        """
        said = {"lang": locale.replace("_", "-"), **self._shared, **values}
        found = _environment(languages.language_of(locale)).get_template(f"{self._prefix}/{template}.html")
        return found.render(said)


@cache
def _environment(language: str) -> Environment:
    words = languages.catalogue(language)
    environment = Environment(
        loader=PrefixLoader(_folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    extended: Any = environment  # whose methods Jinja's extension adds
    extended.install_gettext_callables(
        lambda text: words.get(text, text),
        lambda one, many, count: words.get(said := one if count == 1 else many, said),
        newstyle=True,
    )
    # `_()` is for phrases of the templates: its result is HTML. Anything else that is said goes through `said()`.
    environment.globals["said"] = lambda text, **values: languages.in_language(text, language, **values)
    environment.globals["dir"] = languages.direction(language)
    return environment
