"""Read a mail that came back: a report (RFC 3464), a server's words, a complaint, an answer by a program or a person.

Pure, and made for hostile input: it reads at most a megabyte, takes time in proportion to the input, and returns what
the mail is, whatever its bytes.
"""

import hashlib
import re
from email.message import Message
from itertools import islice

import msgspec

from hireloop.notify.bounces.reading import dates, kinds, readable, replies_in_words, status, words
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailKind
from hireloop.notify.bounces.reading.mime import LONGEST_FIELD, body_of, fields_of, outer_parts, part_of, text_of, walk
from hireloop.notify.bounces.reading.readable import shortened
from hireloop.notify.bounces.reading.replies_in_words import addresses_in

LONGEST = 1_000_000  # bytes of a mail that are read

_MOST_IDS = 50
_MOST_TEXTS = 5
_LONGEST_TEXT = 200_000

_MAIL_TYPES = frozenset({"message/rfc822", "message/global"})
_RETURNED_TYPES = _MAIL_TYPES | {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
# Where the address that a report was sent to may be: mailboxes and gateways rewrite To, and each has its own field,
# such as Delivered-To, X-Gm-Original-To, X-Forwarded-For or X-MS-Exchange-Organization-OriginalEnvelopeRecipients.
_ADDRESSED = re.compile(r"(?!(?:in-)?reply-to$).*(?:to|rcpt|recipients?|-for|cc)$|received$", re.IGNORECASE)
_MOST_ADDRESSED = 200  # fields
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>|[^<>\s]{1,250}")


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says, the mail that it returns, and what it calls that one otherwise."""

    report: DeliveryReport
    returned: Message
    envelope_ids: str = ""
    arrival: str = ""  # of that mail at the server that reports
    sender: str = ""  # of that mail, as a status part may say


def read(raw: bytes, *, recipient: str = "") -> DeliveryReport:
    """Read the mail in these bytes; `recipient` is the envelope's, if the caller knows it."""
    top = part_of(raw[:LONGEST])
    found = _found(top)
    ids = (*_message_ids(found.envelope_ids), *_message_ids(fields_of(found.returned, "message-id")))
    return msgspec.structs.replace(
        found.report,
        recipients=found.report.recipients | addresses_in(fields_of(found.returned, "to")),
        addressed="\n".join([recipient, _addressed(top), fields_of(found.returned, "return-path"), found.sender]),
        message_ids=ids
        if ids or found.report.is_forwarded
        else _message_ids(fields_of(top, "in-reply-to", "references")),
        digest=_digest(top),
        mailed_at=dates.earliest(fields_of(found.returned, "date")),
        arrived_at=dates.earliest(found.arrival)
        or dates.earliest(dates.of_hops(fields_of(found.returned, "received"))),
        reported_at=dates.earliest(fields_of(top, "date")),
    )


def code_of(said: str) -> int | None:
    """Return the code of the SMTP reply that a provider's words begin with or quote, or None."""
    reply = replies_in_words.first(said, alone=True)
    return reply.code if reply else None


def _found(top: Message) -> _Found:
    parts = walk(top)
    title = readable.title(fields_of(top, "subject"))
    own = outer_parts(top)
    returned = _returned(parts)
    kind = kinds.certain(top, own)
    if kind is not None:
        report, told = _recorded(kind, title, _text(own)), _feedback(own)
        recipients = addresses_in(fields_of(told, "original-rcpt-to"))
        return _Found(
            report=msgspec.structs.replace(report, recipients=recipients),
            returned=returned,
            envelope_ids=fields_of(told, "original-envelope-id"),
            arrival=fields_of(told, "arrival-date"),
            sender=fields_of(told, "original-mail-from"),
        )
    is_servers = kinds.is_servers(top, title)
    of_status = (_of_status(part, parts) for part in parts if status.is_status(part))
    if (said := next((one for one in of_status if one is not None), None)) is not None:
        return said if is_servers or any(status.is_status(part) for part in own) else _forwarded(said)
    if (said := _of_words(top, own, title)) is not None:
        return said
    if (said := _of_a_mail_inside(parts)) is not None:
        return said if is_servers else _forwarded(said)
    return _Found(report=_recorded(kinds.likely(top, title, _text(own)), title, _text(own)), returned=returned)


def _forwarded(found: _Found) -> _Found:
    report = msgspec.structs.replace(found.report, is_forwarded=True)
    return msgspec.structs.replace(found, report=report)


def _of_status(status_part: Message, parts: list[Message]) -> _Found | None:
    """Return what a status part says, with the mail returned behind it."""
    groups = status.groups_of(status_part)
    text = next((text_of(part) for part in parts if part.get_content_type() in {"text/plain", "text/html"}), "")
    said, copy = words.split(text[:_LONGEST_TEXT])
    report = status.read(groups, said)
    if report is None:
        return None
    returned = _returned(parts[parts.index(status_part) + 1 :])
    return _Found(
        report=report,
        returned=returned if returned.keys() else copy,
        envelope_ids=status.envelope_ids(groups),
        arrival=status.arrivals(groups),
        sender=status.senders(groups),
    )


def _of_words(top: Message, own: list[Message], title: str) -> _Found | None:
    """Return what a mail server's words say; None if the mail is not a server's, or says nothing of a mail."""
    text = _text(own)
    said, copy = words.split(text)
    attached = _returned(own)
    returned = attached if attached.keys() else copy
    kind = kinds.likely(top, title, said)
    failed = addresses_in(fields_of(top, "x-failed-recipients"))
    if kind is MailKind.REPLY and returned.keys() and not kinds.answers(title) and replies_in_words.first(said):
        kind = MailKind.REPORT  # nobody else sends a refusal together with the mail that was refused
    if kind is not MailKind.REPORT:
        return None
    report = words.read(said, title, about=failed, is_servers=kinds.is_servers(top, title))
    return None if report is None else _Found(report=report, returned=returned)


def _of_a_mail_inside(parts: list[Message]) -> _Found | None:
    """Return what a mail server's words say that somebody has forwarded as they were."""
    for part in parts:
        if part.get_content_type() in _MAIL_TYPES:
            inner = part_of(body_of(part))
            return _of_words(inner, outer_parts(inner), readable.title(fields_of(inner, "subject")))
    return None


def _recorded(kind: MailKind, title: str, text: str) -> DeliveryReport:
    """Return a mail that is no report, or none that can be read, with its first words."""
    kind = MailKind.UNREADABLE if kind is MailKind.REPORT else kind
    said = words.split(text)[0].strip()
    return DeliveryReport(kind=kind, diagnostic=shortened(f"{title}: {said}" if title and said else title or said))


def _feedback(own: list[Message]) -> Message:
    """Return the fields of a complaint about the mail that it is about (RFC 5965, 3), empty if there are none."""
    return part_of(next((body_of(part) for part in own if kinds.is_feedback(part)), b""))


def _returned(parts: list[Message]) -> Message:
    """Return the first mail or header that some parts return, empty if there is none."""
    held = next((body_of(part) for part in parts if part.get_content_type() in _RETURNED_TYPES), b"")
    return part_of(held)


def _text(own: list[Message]) -> str:
    """Return the words of a mail's own parts: plain if there are any, else its HTML."""
    for kind in ("text/plain", "text/html"):
        texts = [text_of(part) for part in own if part.get_content_type() == kind][:_MOST_TEXTS]
        joined = "\n\n".join(texts)[:_LONGEST_TEXT]
        if joined.strip():
            return joined
    return ""


def _digest(top: Message) -> bytes:
    """Return what is the same for the same mail, however it came: of its name, its subject and its body."""
    name = fields_of(top, "message-id", "subject")
    return hashlib.sha256(f"{name}\n".encode(errors="replace") + body_of(top).strip()).digest()


def _addressed(top: Message) -> str:
    """Return the values of the fields that may hold the address that a mail was sent to, a line each."""
    fields = islice(((name, value) for name, value in top.items() if _ADDRESSED.match(name)), _MOST_ADDRESSED)
    return "\n".join(value for _, value in fields)


def _message_ids(text: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(text[:LONGEST_FIELD])[:_MOST_IDS])
