"""Read a report about a mail that was handed over: RFC 3464, as Postfix, Exim, Exchange and Gmail write it.

Pure, and made for hostile input: it reads at most a megabyte, nests no deeper than `_DEEPEST`, takes time in
proportion to the input, and says `NotAReport` where there is nothing to read. Exim before 4.85 wrote a header and
plain text only, and is read too. Not the standard library's parser: that one recurses with the input.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

import msgspec

from hireloop.errors import NotAReport

LONGEST = 1_000_000  # bytes of a report that are read
LONGEST_DIAGNOSTIC = 1024  # bytes of the other side's words that are kept

_DEEPEST = 6
_MOST_PARTS = 50
_MOST_GROUPS = 100
_MOST_FIELDS = 1_000
_LOOK_FOR_NAMES, _LOOK_FOR_NAMES_IN = 20, 65_536  # recipients, and characters of the text that may name them
_LONGEST_TRACE = 20_000  # characters of a header field in which a tag or a Message-ID is looked for

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
# Where the address that a report was sent to may stand: mailboxes and gateways rewrite To.
_ADDRESSED = (
    "to",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-delivered-to",
    "x-forwarded-to",
    "received",
)
_NAMING = ("original-envelope-id", "x-original-message-id")  # of a status part; the second is Gmail's
_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", re.ASCII)
_CODE = re.compile(r"\s*([245]\d\d)(?!\d)", re.ASCII)
_ADDRESS = re.compile(r"[^\s<>,;:\"]{1,64}@[^\s<>,;:\"]{1,255}")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>|[^<>\s]{1,250}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")  # RFC 3461, 4
_COPY = re.compile(r"^-{3,} ?(?:This is a copy|The header|The body).*$", re.MULTILINE | re.IGNORECASE)


class MailAction(StrEnum):
    """What happened to a mail according to a report (RFC 3464, 2.3.3), the most serious first."""

    FAILED = "failed"
    DELAYED = "delayed"
    EXPANDED = "expanded"
    RELAYED = "relayed"
    DELIVERED = "delivered"


_GRAVEST_FIRST = list(MailAction)
_ACTION_OF_CLASS = {"5": MailAction.FAILED, "4": MailAction.DELAYED, "2": MailAction.DELIVERED}


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says, and what it is known by. Every text is the sender's: believe none before it is checked."""

    action: MailAction
    status: str | None = None  # RFC 3463, such as 5.1.1
    code: int | None = None  # SMTP's, where the diagnostic begins with one
    diagnostic: str = ""  # the other side's words, at most 1 KiB
    remote: str | None = None  # the server that said them
    recipients: frozenset[str] = frozenset()  # addresses that the mail was for, in lower case
    addressed: str = ""  # texts in which the tagged address may stand
    message_ids: tuple[str, ...] = ()


class _Part(NamedTuple):
    fields: dict[str, list[str]]
    body: bytes

    @property
    def kind(self) -> str:
        return self.first("content-type").partition(";")[0].strip().lower() or "text/plain"

    def first(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    def all_of(self, *names: str) -> str:
        return "\n".join(value[:_LONGEST_TRACE] for name in names for value in self.fields.get(name, [])[:_MOST_PARTS])


def read(raw: bytes, *, recipient: str = "") -> DeliveryReport:
    """Read the report in a mail's bytes; `recipient` is the envelope's, where whoever calls knows it.

    Raises NotAReport, and nothing else, where the mail is none, whatever its bytes.
    """
    top = _part(raw[:LONGEST].replace(b"\r\n", b"\n"))
    parts = list(islice(_walk(top, _DEEPEST), _MOST_PARTS))
    words = next((part for part in parts if part.kind == "text/plain"), None)
    status = next((part for part in parts if part.kind in _STATUS_TYPES), None)
    if status is not None:
        later = parts[parts.index(status) + 1 :]
        returned = next((_part(_decoded(part)) for part in later if part.kind in _RETURNED_TYPES), None)
        groups = _groups(status)
        found = _gravest(groups, _text(words) if words else "")
        envelope_id = "\n".join(
            value for group in groups for name in _NAMING for value in group.get(name, [])[:_MOST_PARTS]
        )
    elif "x-failed-recipients" in top.fields and words is not None:
        found, returned = _of_text(top, _text(words))
        envelope_id = ""
    else:
        raise NotAReport
    return msgspec.structs.replace(
        found,
        recipients=found.recipients | (_addresses(returned.all_of("to")) if returned else frozenset()),
        addressed="\n".join([recipient, top.all_of(*_ADDRESSED), returned.all_of("return-path") if returned else ""]),
        message_ids=(
            *_message_ids(envelope_id),
            *(_message_ids(returned.all_of("message-id")) if returned else ()),
            *_message_ids(top.all_of("in-reply-to", "references")),
        ),
    )


def shortened(words: str) -> str:
    """Return words on one line, at most 1 KiB of UTF-8, without what PostgreSQL's text cannot hold."""
    line = " ".join(words[: 4 * LONGEST_DIAGNOSTIC].split()).replace("\x00", "\ufffd")
    return line.encode(errors="replace")[:LONGEST_DIAGNOSTIC].decode(errors="ignore")


def code_of(words: str) -> int | None:
    """Return the code that an SMTP reply begins with, or None."""
    found = _CODE.match(words)
    return int(found[1]) if found else None


def _gravest(groups: list[dict[str, list[str]]], words: str) -> DeliveryReport:
    """Return what the gravest group of a recipient says; raises NotAReport where there is none."""
    reports = [report for group in groups if (report := _of_group(group, words)) is not None]
    if not reports:
        raise NotAReport
    return min(reports, key=lambda report: _GRAVEST_FIRST.index(report.action))


def _of_group(group: dict[str, list[str]], words: str) -> DeliveryReport | None:
    part = _Part(group, b"")
    kind, semicolon, said = part.first("diagnostic-code").partition(";")
    said = said if semicolon else kind
    status = _status(part.first("status")) or ""
    if not status or status.endswith(".0.0"):  # the sentence mostly knows more
        status = _status(said) or status
    first_word = next(iter(part.first("action").split()), "").lower()
    action = MailAction(first_word) if first_word in _GRAVEST_FIRST else _ACTION_OF_CLASS.get(status[:1])
    if action is None:
        return None
    return DeliveryReport(
        action=action,
        status=status or None,
        code=code_of(said),
        diagnostic=shortened(said if said.strip() else words),
        remote=next(iter(part.first("remote-mta").partition(";")[2][:255].split()), None),
        recipients=_addresses(part.all_of("final-recipient", "original-recipient")),
    )


def _of_text(top: _Part, text: str) -> tuple[DeliveryReport, _Part | None]:
    """Return what Exim's report without a status part says, and the mail that it returns."""
    copy = _COPY.search(text)
    said, returned = (text[: copy.start()], text[copy.end() :].lstrip()) if copy else (text, "")
    recipients = _addresses(top.all_of("x-failed-recipients"))
    lowered = said[:_LOOK_FOR_NAMES_IN].lower()
    named = next((at for name in sorted(recipients)[:_LOOK_FOR_NAMES] if (at := lowered.find(name)) >= 0), 0)
    said = said[named:]
    code = re.search(r"(?<![\d.])([45]\d\d)(?=[ -])", said)
    report = DeliveryReport(
        action=MailAction.FAILED,
        status=_status(said),
        code=int(code[1]) if code else None,
        diagnostic=shortened(said),
        recipients=recipients,
    )
    return report, _part(returned.encode(errors="replace")) if returned else None


def _walk(part: _Part, depth: int) -> Iterator[_Part]:
    """Yield a part and all that it holds, in order, down to `depth`."""
    yield part
    if depth == 0:
        return
    if part.kind.startswith("multipart/"):
        boundary = _BOUNDARY.search(part.first("content-type"))
        if boundary is not None:
            mark = re.escape((boundary[1] or boundary[2]).encode(errors="replace"))
            pieces = re.split(rb"(?m)^--" + mark + rb"(?:--)?[ \t]*(?:\n|\Z)", part.body, maxsplit=_MOST_PARTS)
            for piece in pieces[1:]:
                yield from _walk(_part(piece), depth - 1)
    elif part.kind in {"message/rfc822", "message/global"}:  # a report that somebody forwards as it was
        yield from _walk(_part(_decoded(part)), depth - 1)


def _part(raw: bytes) -> _Part:
    if raw.startswith(b"\n"):
        return _Part({}, raw[1:])
    head, _, body = raw.partition(b"\n\n")
    return _Part(_fields(head), body)


def _fields(head: bytes) -> dict[str, list[str]]:
    """Return a header's fields by their names in lower case, unfolded."""
    unfolded: list[tuple[str, list[str]]] = []
    for line in _decode(head).split("\n"):
        if line[:1] in {" ", "\t"}:
            if unfolded:
                unfolded[-1][1].append(line)
            continue
        name, colon, value = line.partition(":")
        if colon and len(unfolded) < _MOST_FIELDS:
            unfolded.append((name.strip().lower(), [value]))
    fields: dict[str, list[str]] = {}
    for name, lines in unfolded:
        fields.setdefault(name, []).append("".join(lines).strip())
    return fields


def _groups(status: _Part) -> list[dict[str, list[str]]]:
    """Return the groups of fields of a status part: one about the message, then one a recipient."""
    body = _decoded(status).replace(b"\r\n", b"\n").strip(b"\n")
    return [_fields(group) for group in re.split(rb"\n[ \t]*\n", body, maxsplit=_MOST_GROUPS)]


def _decoded(part: _Part) -> bytes:
    """Return a part's body without its transfer encoding; as it is where that cannot be undone."""
    match part.first("content-transfer-encoding").strip().lower():
        case "base64":
            try:
                return b64decode(part.body)
            except (binascii.Error, ValueError):
                return part.body
        case "quoted-printable":
            return binascii.a2b_qp(part.body)
        case _:
            return part.body


def _text(part: _Part) -> str:
    return _decode(_decoded(part).replace(b"\r\n", b"\n"))


def _decode(raw: bytes) -> str:
    """Return bytes as text, whatever charset they claim: UTF-8, else Latin-1, which takes every byte."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _status(text: str) -> str | None:
    found = _STATUS.search(text[:LONGEST_DIAGNOSTIC])
    return found[0] if found else None


def _addresses(text: str) -> frozenset[str]:
    found = [address.lower() for address in _ADDRESS.findall(text[:_LONGEST_TRACE])]
    return frozenset([*found, *(_XTEXT.sub(lambda code: chr(int(code[1], 16)), a.upper()).lower() for a in found)])


def _message_ids(text: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(text[:_LONGEST_TRACE])[:_MOST_PARTS])
