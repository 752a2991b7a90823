"""A parcel as the bytes of a mail: headers, text and HTML, and the invitation as an alternative and as a file.

Assembled by hand: the standard library's EmailMessage takes 2.4 ms for an invitation, and this 0.1. Each part is
encoded by the standard library's codecs, and the tests read every mail back with its parser.
"""

import binascii
import re
import textwrap
from datetime import datetime
from email.utils import format_datetime, formataddr

from hireloop.notify.transport import Parcel
from hireloop.notify.transports.domains import with_ascii_domain
from hireloop.notify.transports.mail.flowed import PARAMETERS, flowed

# "=_" can occur in neither quoted-printable nor base64, so that no part ever contains a boundary (RFC 2045, 6.7).
_MIXED = "=_hireloop_mixed"
_ALTERNATIVE = "=_hireloop_alternative"

_LINE = 64  # characters of a header's value on one line; with its name at most 78 (RFC 5322, 2.1.1)
_WORD_BYTES = 42  # of an encoded word: 56 characters in base64, and RFC 2047 allows 75 with its frame
# What Exchange need not send back: receipts and automatic replies. `All` would include NDR, and failures must be heard.
_SUPPRESSED = "DR, RN, NRN, OOF, AutoReply"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN = re.compile(r"[ -~]*\Z")


def sender_header(name: str, address: str) -> str:
    """Return the value of From: the address, with the name before it if there is one."""
    clean = _one_line(name)
    return formataddr((clean, address)) if clean.isascii() else f"{encoded(clean)} <{address}>"


def to_bytes(parcel: Parcel, recipient: str, sender: str, date: datetime) -> bytes:
    """Return the whole mail with CRLF line ends; `recipient` and `sender` are the values of To and From.

    Seven-bit throughout, but for an address with non-ASCII letters, which RFC 6532 writes as UTF-8.
    """
    reply_to = _reply_to(parcel.reply_to or "")
    headers = [
        f"From: {sender}",
        f"To: {_one_line(recipient)}",
        *([f"Reply-To: {reply_to}"] if reply_to else []),
        f"Subject: {encoded(parcel.subject)}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: {_one_line(parcel.message_id)}",
        *_thread(parcel.references),
        "Auto-Submitted: auto-generated",
        f"X-Auto-Response-Suppress: {_SUPPRESSED}",
        *(f"{name}: {encoded(value)}" for name, value in parcel.headers),
        "MIME-Version: 1.0",
    ]
    alternatives = [
        _text(f"text/plain; charset=utf-8{PARAMETERS}", flowed(_lines(parcel.text))),
        _text("text/html; charset=utf-8", _lines(parcel.html)),
    ]
    if not parcel.calendar:
        return "\r\n".join([*headers, _multipart("alternative", _ALTERNATIVE, alternatives)]).encode()
    calendar = _base64(parcel.calendar)
    alternatives.append(
        f"Content-Type: text/calendar; charset=utf-8; method={parcel.calendar_method}\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{calendar}"
    )
    file = (
        'Content-Type: application/ics; name="invite.ics"\r\n'
        'Content-Disposition: attachment; filename="invite.ics"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{calendar}"
    )
    parts = [_multipart("alternative", _ALTERNATIVE, alternatives), file]
    return "\r\n".join([*headers, _multipart("mixed", _MIXED, parts)]).encode()


def encoded(value: str) -> str:
    """Return a header's unstructured value, folded, as RFC 2047 encoded words where it is not plain ASCII.

    Line ends and other control characters become spaces: a value can never begin another header.
    """
    value = _one_line(value)
    if _PLAIN.match(value) and "=?" not in value:
        if len(value) <= _LINE:
            return value
        if "  " not in value and max(map(len, value.split())) <= _LINE:
            return "\r\n ".join(textwrap.wrap(value, _LINE, break_long_words=False, break_on_hyphens=False))
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in _words(value))


def _thread(references: tuple[str, ...]) -> list[str]:
    """Return the fields by which mail programs show a mail with those that it refers to (RFC 5322, 3.6.4)."""
    ids = [_one_line(one) for one in references]
    return [f"In-Reply-To: {ids[-1]}", "References: " + "\r\n ".join(ids)] if ids else []


def _reply_to(address: str) -> str:
    """Return the value of Reply-To; empty for an address that not every server on the way would take."""
    written = address if address.isascii() else with_ascii_domain(address)
    return _one_line(written) if written and written.isascii() else ""


def _words(value: str) -> list[bytes]:
    """Return the value's UTF-8 in pieces that fit an encoded word and split no character."""
    words, word = [], b""
    for letter in value:
        raw = letter.encode()
        if len(word) + len(raw) > _WORD_BYTES:
            words.append(word)
            word = b""
        word += raw
    return [*words, word]


def _one_line(value: str) -> str:
    return _CONTROLS.sub(" ", value).strip()


def _multipart(subtype: str, boundary: str, parts: list[str]) -> str:
    joined = "".join(f"\r\n--{boundary}\r\n{part}" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n{joined}\r\n--{boundary}--\r\n'


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(kind: str, lines: str) -> str:
    body = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True).decode("ascii").replace("\n", "\r\n")
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{body}"


def _base64(raw: bytes) -> str:
    line = binascii.b2a_base64(raw, newline=False).decode("ascii")
    return "\r\n".join(line[start : start + 76] for start in range(0, len(line), 76))
