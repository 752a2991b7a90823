"""Addresses in settings: of the installation, of the database, of the mailbox for bounces, and host names."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

# A slash at its end is forgiven. Apps have schemes of their own, such as capacitor://localhost.
_ORIGIN = re.compile(r"\*|null|[A-Za-z][A-Za-z0-9+.-]*://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?")
_NOT_IN_BASE_URL = frozenset('?#"<>\\')


def without_blanks(value: str) -> str:
    """Return the value if it has no white space and no control character; else raise ValueError."""
    if any(letter.isspace() or not letter.isprintable() for letter in value):
        raise ValueError("contains white space or a control character, often a Windows line ending: remove it")
    return value


def host(value: str) -> str:
    """Return a host name or an address, without the brackets of an IPv6 address in a URL."""
    bracketed = value.startswith("[") and value.endswith("]") and ":" in value
    return without_blanks(value[1:-1] if bracketed else value)  # [::1], as it is written in URLs


def base(value: str) -> str:
    """Return the value without a slash at its end if links can begin with it; else raise ValueError."""
    without_blanks(value)  # of the value itself: urlsplit drops some of them, and the links would have them all
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # its text does not say how to fix it
        whole = False
    if not whole or parts.username is not None or parts.path not in {"", "/"} or _NOT_IN_BASE_URL & set(value):
        msg = "must be an http or https URL without a path, query or credentials, such as https://hire.example"
        raise ValueError(msg)
    return value.rstrip("/")


def page(value: str) -> str:
    """Return the value if it is an http or https URL, which links can begin with; else raise ValueError."""
    without_blanks(value)
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # its text does not say how to fix it
        whole = False
    if not whole:
        raise ValueError("must be an http or https URL, such as https://jaeger.example")
    return value


def origins(values: list[str]) -> list[str]:
    """Return origins of pages and apps, or `*`; raise ValueError for what no browser ever sends as one."""
    if not all(_ORIGIN.fullmatch(value) for value in values):
        raise ValueError("must be origins without a path, separated by commas, such as https://app.example, or *")
    return values


def mailbox(value: SecretStr) -> SecretStr:
    """Return the value if it is the address of a mailbox over TLS; else raise ValueError."""
    try:
        parts = urlsplit(value.get_secret_value())
        whole = parts.hostname and parts.username and parts.password and parts.port != 0
    except ValueError:  # its text quotes the address, and so perhaps a password
        whole = False
    if not whole or parts.scheme != "imaps" or parts.query or parts.fragment:
        raise ValueError("must be a percent-encoded URL such as imaps://user:password@mail.example/INBOX")
    return value


def database(value: str) -> str:
    """Return the value if it is the address of a PostgreSQL; else raise ValueError."""
    without_blanks(value)
    sentence = "must be a URL such as postgresql://user:password@host/name"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:  # its text quotes the address, and so perhaps a password
        raise ValueError(sentence) from None
    if parts.scheme not in {"postgresql", "postgres"} or port == 0:
        raise ValueError(sentence)
    return value


def role_of(url: str) -> str:
    """Return the role that an address names; empty if it names none."""
    parts = urlsplit(url)
    return unquote(parts.username or "") or parse_qs(parts.query).get("user", [""])[0]


def option_of(url: str, name: str) -> str:
    """Return what an address says of an option of libpq, such as `sslmode`; empty if it says nothing."""
    return parse_qs(urlsplit(url).query).get(name, [""])[-1]
