"""The headers of an OTLP exporter, such as an API key: `name=value` pairs, percent-encoded, separated by commas."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from pydantic import SecretStr

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110, 5.6.2


def pairs(value: SecretStr) -> Iterator[tuple[str, str]]:
    """Yield each name, in lower case, with its value.

    They are read as `opentelemetry.util.re.parse_env_headers` reads them; but that skips a pair that it cannot read,
    and logs it with the secret in it.
    """
    for part in value.get_secret_value().split(","):
        name, _, text = part.partition("=")
        if part.strip():
            yield unquote(name).strip().lower(), unquote(text).strip()


def checked(value: SecretStr) -> SecretStr:
    """Return the value if every part of it is a pair; else raise ValueError."""
    is_paired = all("=" in part for part in value.get_secret_value().split(",") if part.strip())
    for name, text in pairs(value):
        if not is_paired or not _NAME.fullmatch(name) or not text.isascii() or not text.isprintable():
            raise ValueError("must be a list of name=value pairs, percent-encoded and separated by commas")
    return value
