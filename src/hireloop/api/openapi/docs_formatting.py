"""The OpenAPI document in words: how `/docs` describes operations, fields and types."""

import json
import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from markupsafe import Markup, escape

from hireloop.web.templates import coded

_FORMATS = {
    "date-time": "time with an offset",
    "date": "date",
    "uuid": "ID",
    "iana-time-zone": "time zone",
    "idn-email": "email address",
    "phone-number": "phone number",
    "bcp-47-locale": "locale",
    "coding-language": "coding language",
    "binary": "raw mail",
    "uri-reference": "URL",
}
_KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": "null"}
_BOUNDS = {
    "minimum": "from {}",
    "maximum": "to {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {}",
}


class ResolvedDocument:
    """The document, resolved and in the order of the page."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.info = document["info"]
        self.types = dict(sorted(document["components"]["schemas"].items()))

    def groups(self) -> Iterator[tuple[dict[str, str], list[dict[str, Any]]]]:
        """Yield each tag with its operations: each with `method`, `path`, and its references followed.

        A webhook is one too, whose path is its name.
        """
        operations = [
            {**operation, "method": method.upper(), "path": path}
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
        ]
        operations += [
            {**operation, "method": method.upper(), "path": name, "is_webhook": True}
            for name, item in self.document["webhooks"].items()
            for method, operation in item.items()
        ]
        for tag in self.document["tags"]:
            yield tag, [self._followed(one) for one in operations if tag["name"] in one["tags"]]

    def _followed(self, operation: dict[str, Any]) -> dict[str, Any]:
        responses = {status: self.follow(response) for status, response in operation["responses"].items()}
        parameters = [self.follow(parameter) for parameter in operation["parameters"]]
        return {"is_webhook": False, **operation, "responses": responses, "parameters": parameters}

    def follow(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return what a reference leads to; anything else is returned as it is."""
        if "$ref" not in found:
            return found
        at: Any = self.document
        for part in found["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        followed: dict[str, Any] = at
        return followed


def prose(text: str) -> Markup:
    """Return a text of ours as HTML: paragraphs, and code between backticks."""
    paragraphs = (Markup("<p>{}</p>").format(coded(one)) for one in text.split("\n\n"))
    return Markup().join(paragraphs)


def kind(schema: dict[str, Any]) -> Markup:
    """Return what values a schema takes, in words; a type of ours is a link to it."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return Markup('<a href="#type-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(kind(one) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return _codes(schema.get("enum") or [schema["const"]])
    if "x-extensible-enum" in schema:
        return Markup("{}, or others in the future").format(_codes(schema["x-extensible-enum"]))
    if schema.get("type") == "array":
        said = Markup("list of {}").format(kind(schema["items"]))
    elif schema.get("type") == "object":
        return Markup("object with values: {}").format(kind(schema.get("additionalProperties") or {}))
    else:
        said = escape(_FORMATS.get(schema.get("format", ""), _KINDS.get(schema.get("type", ""), "anything")))
    bounds = [words.format(f"{schema[name]:,}") for name, words in _BOUNDS.items() if schema.get(name) is not None]
    return Markup("{}, {}").format(said, " ".join(bounds)) if bounds else said


def _codes(values: Iterable[str]) -> Markup:
    return Markup(", ").join(Markup("<code>{}</code>").format(value) for value in values)


def as_json(value: object) -> str:
    """Return an example as indented JSON; a string is returned unchanged."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def curl(operation: dict[str, Any]) -> str:
    """Return the command that asks for the operation with the example's body."""
    asked = f'curl --request {operation["method"]} "$HIRELOOP{operation["path"]}"'
    lines = [asked] if operation.get("security") == [] else [asked, '--header "Authorization: Bearer $KEY"']
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if body is not None:
        lines.append(f"--json {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)
