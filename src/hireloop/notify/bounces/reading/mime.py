"""The parts of a mail from anybody, read within bounds: how deep, how many, how long a field.

The standard library reads each part's header and body. What a part holds is walked here: the library's parser recurses
with the input, and leaves a `message/…` encoded where it is.
"""

import re
from collections.abc import Iterator
from copy import copy
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import collapse_rfc2231_value
from itertools import islice
from typing import cast

from hireloop.notify.bounces.reading import readable
from hireloop.notify.bounces.reading.charsets import decoded

LONGEST_FIELD = 20_000  # characters of a header field that are looked at
_LONGEST_TYPE = 2_000  # the same of a Content-Type: to read its parameters takes time in the square of its length

_LONGEST_PREAMBLE = 10_000  # bytes
_BOUNDARY = re.compile(rb"^--([^\s-][^\n]{0,69}?)[ \t]*\n(?=Content-|\n)", re.IGNORECASE | re.MULTILINE)

_BASE64_LINE = re.compile(rb"\s*(?:[A-Za-z0-9+/]+={0,2}[ \t\r]*(?:\n|\Z)|\Z)")
_DEEPEST = 6
_MOST_PARTS = 50
_RETURNED = frozenset({"message/rfc822", "message/global"})


class _Fields(Compat32):
    """Fields as they are, unfolded; bytes beyond ASCII are read as UTF-8, else as Latin-1."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Return a field's name, and of its value what is looked at."""
        name, value = super().header_source_parse(sourcelines)
        longest = _LONGEST_TYPE if name.lower() == "content-type" else LONGEST_FIELD
        return name, value[:longest].replace("\n", "").strip()

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 (the standard library's signature)
        """Return a field's value, which the parser keeps with a surrogate for each byte beyond ASCII."""
        return decoded(value.encode("ascii", "surrogateescape"))


_parser = BytesHeaderParser(policy=_Fields())


def part_of(raw: bytes) -> Message:
    """Return a mail, or a part of one, with its header read and its body as it came; lines may end in LF or CRLF."""
    return _parser.parsebytes(raw.replace(b"\r\n", b"\n"))


def walk(top: Message) -> list[Message]:
    """Return a mail and the parts in it, in order, as far as they are not too many or too deep."""
    return list(islice(_walk(top, _DEEPEST), _MOST_PARTS))


def fields_of(part: Message, *names: str) -> str:
    """Return the values of every field with one of these names, a line each."""
    return "\n".join(value for name in names for value in part.get_all(name, [])[:_MOST_PARTS])


def body_of(part: Message) -> bytes:
    """Return a part's body without its transfer encoding, lines ending in LF, or encoded if that cannot be undone.

    Plain lines that only claim to be in base64 are taken as they are.
    """
    encoding = str(part.get("content-transfer-encoding", ""))  # a Header if there are raw bytes in it
    if encoding.strip().lower() == "base64" and not part.is_multipart():
        plain = copy(part)
        del plain["content-transfer-encoding"]
        if not _BASE64_LINE.match(_bytes_of(plain)):
            part = plain
    return _bytes_of(part).replace(b"\r\n", b"\n")


def _bytes_of(part: Message) -> bytes:
    return cast("bytes", part.get_payload(decode=True))


def text_of(part: Message) -> str:
    """Return a part's body as text, in the charset that it claims or in one that fits; HTML without its elements."""
    text = decoded(body_of(part), _parameter(part, "charset"))
    return readable.of_html(text) if part.get_content_type() == "text/html" else text


def outer_parts(top: Message) -> list[Message]:
    """Return a mail and the parts of it that are its own, without those of a mail that it holds."""
    return list(islice(_walk(top, _DEEPEST, into_mails=False), _MOST_PARTS))


def lines_of(raw: bytes) -> list[str]:
    """Return a mail as lines to look at: its header, and the text of each part that is text."""
    top = part_of(raw)
    header = [f"{name}: {readable.title(value)}" for name, value in top.items()]
    texts = [text_of(part) for part in walk(top) if part.get_content_maintype() in {"text", "message"}]
    return [*header, "", *(line for text in texts for line in text.splitlines())]


def parameter(part: Message, name: str) -> str:
    """Return a parameter of a part's Content-Type in lower case, empty if it has none that can be read."""
    return _parameter(part, name).lower()


def _walk(part: Message, depth: int, *, into_mails: bool = True) -> Iterator[Message]:
    yield part
    if depth == 0:
        return
    if part.get_content_maintype() == "multipart":
        boundary = _parameter(part, "boundary").encode(errors="replace") or _first_boundary(part)
        if boundary:
            delimiter = rb"(?m)^--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\n|\Z)"
            for piece in re.split(delimiter, body_of(part), maxsplit=_MOST_PARTS)[1:]:
                yield from _walk(part_of(piece), depth - 1, into_mails=into_mails)
    elif into_mails and part.get_content_type() in _RETURNED:  # a report that somebody forwards as it was
        yield from _walk(part_of(body_of(part)), depth - 1)


def _first_boundary(part: Message) -> bytes:
    """Return the boundary that the body of a multipart begins with, for one whose parameter got lost."""
    found = _BOUNDARY.search(body_of(part)[:_LONGEST_PREAMBLE])
    return found[1] if found else b""


def _parameter(part: Message, name: str) -> str:
    """Return a parameter of a part's Content-Type, empty if it has none that can be read."""
    try:
        return collapse_rfc2231_value(part.get_param(name, "")).strip()
    except (TypeError, ValueError):  # name* beside name*0, or a charset that fails
        return ""
