"""Read a report about a mail that was handed over: RFC 3464, as Postfix, Exim, Exchange and Gmail write it.

Pure, and made for hostile input: it reads at most a megabyte, takes time in proportion to the input, and says
`NotAReport` if there is nothing to read. Exim before 4.85 wrote a header and plain text only, and is read too.
"""

import re
from email.message import Message
from enum import StrEnum

import msgspec

from hireloop.errors import NotAReport
from hireloop.notify.bounces.mime import LONGEST_FIELD, body_of, fields_of, part_of, text_of, walk

LONGEST = 1_000_000  # bytes of a report that are read
LONGEST_DIAGNOSTIC = 1024  # bytes of the other side's words that are kept

_MOST_IDS = 50
_MOST_GROUPS = 100
_LOOK_FOR_NAMES, _LOOK_FOR_NAMES_IN = 20, 65_536  # recipients, and characters of the text that may name them

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
# Where the address that a report was sent to may be: mailboxes and gateways rewrite To.
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
    addressed: str = ""  # texts in which the tagged address may occur
    message_ids: tuple[str, ...] = ()


def read(raw: bytes, *, recipient: str = "") -> DeliveryReport:
    """Read the report in a mail's bytes; `recipient` is the envelope's, if the caller knows it.

    Raises NotAReport, and nothing else, if the mail is none, whatever its bytes.
    """
    top = part_of(raw[:LONGEST])
    parts = walk(top)
    words = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    status = next((part for part in parts if part.get_content_type() in _STATUS_TYPES), None)
    if status is not None:
        later = parts[parts.index(status) + 1 :]
        held = next((body_of(part) for part in later if part.get_content_type() in _RETURNED_TYPES), b"")
        returned = part_of(held)
        groups = _groups(status)
        found = _gravest(groups, text_of(words) if words is not None else "")
        envelope_id = "\n".join(fields_of(group, *_NAMING) for group in groups)
    elif "x-failed-recipients" in top and words is not None:
        found, returned = _of_text(top, text_of(words))
        envelope_id = ""
    else:
        raise NotAReport
    return msgspec.structs.replace(
        found,
        recipients=found.recipients | _addresses(fields_of(returned, "to")),
        addressed="\n".join([recipient, fields_of(top, *_ADDRESSED), fields_of(returned, "return-path")]),
        message_ids=(
            *_message_ids(envelope_id),
            *_message_ids(fields_of(returned, "message-id")),
            *_message_ids(fields_of(top, "in-reply-to", "references")),
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


def _gravest(groups: list[Message], words: str) -> DeliveryReport:
    """Return what the gravest group of a recipient says; raises NotAReport if there is none."""
    reports = [report for group in groups if (report := _of_group(group, words)) is not None]
    if not reports:
        raise NotAReport
    return min(reports, key=lambda report: _GRAVEST_FIRST.index(report.action))


def _of_group(group: Message, words: str) -> DeliveryReport | None:
    kind, semicolon, said = group.get("diagnostic-code", "").partition(";")
    said = said if semicolon else kind
    status = _status(group.get("status", "")) or ""
    if not status or status.endswith(".0.0"):  # the sentence mostly knows more
        status = _status(said) or status
    first_word = next(iter(group.get("action", "").split()), "").lower()
    action = MailAction(first_word) if first_word in _GRAVEST_FIRST else _ACTION_OF_CLASS.get(status[:1])
    if action is None:
        return None
    return DeliveryReport(
        action=action,
        status=status or None,
        code=code_of(said),
        diagnostic=shortened(said if said.strip() else words),
        remote=next(iter(group.get("remote-mta", "").partition(";")[2][:255].split()), None),
        recipients=_addresses(fields_of(group, "final-recipient", "original-recipient")),
    )


def _of_text(top: Message, text: str) -> tuple[DeliveryReport, Message]:
    """Return what Exim's report without a status part says, and the mail that it returns."""
    copy = _COPY.search(text)
    said, returned = (text[: copy.start()], text[copy.end() :].lstrip()) if copy else (text, "")
    recipients = _addresses(fields_of(top, "x-failed-recipients"))
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
    return report, part_of(returned.encode(errors="replace"))


def _groups(status: Message) -> list[Message]:
    """Return the groups of fields of a status part: one about the message, then one a recipient."""
    groups = re.split(rb"\n(?:[ \t]*\n)+", body_of(status).strip(b"\n"), maxsplit=_MOST_GROUPS)
    return [part_of(group) for group in groups]


def _status(text: str) -> str | None:
    found = _STATUS.search(text[:LONGEST_DIAGNOSTIC])
    return found[0] if found else None


def _addresses(text: str) -> frozenset[str]:
    found = [address.lower() for address in _ADDRESS.findall(text[:LONGEST_FIELD])]
    return frozenset([*found, *(_XTEXT.sub(lambda code: chr(int(code[1], 16)), a.upper()).lower() for a in found)])


def _message_ids(text: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(text[:LONGEST_FIELD])[:_MOST_IDS])
