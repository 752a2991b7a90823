"""The one environment of every page: each door has its templates under a prefix of its own, as `portal/base.html`."""

from pathlib import Path

from jinja2 import BaseLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup, escape

_folders: dict[str, BaseLoader] = {}  # by their prefixes
_environment = Environment(
    loader=PrefixLoader(_folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


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

    def render(self, template: str, **values: object) -> str:
        """Render `<template>.html`; every value is escaped, and a missing one is an error."""
        return _environment.get_template(f"{self._prefix}/{template}.html").render({**self._shared, **values})
