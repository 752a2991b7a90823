"""The status part of a report (RFC 3464), in its own type or wherever else a server has put its fields; pure."""

import re
from email.message import Message

import msgspec

from hireloop.notify.bounces.reading import replies_in_words
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction, gravest
from hireloop.notify.bounces.reading.mime import LONGEST_FIELD, body_of, fields_of, part_of
from hireloop.notify.bounces.reading.readable import shortened
from hireloop.notify.bounces.reading.replies_in_words import addresses_in, status_in

_MOST_GROUPS = 100
_LOOK_INTO = 65_536  # bytes of another part that may hold the fields
_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FIELDS = re.compile(rb"^(?:Final|Original)-Recipient[ \t]*:", re.IGNORECASE | re.MULTILINE)
_SAID = re.compile(rb"^(?:Action|Status|Diagnostic-Code)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_RECIPIENTS = ("final-recipient", "original-recipient", "x-actual-recipient")
_NAMING = ("original-envelope-id", "x-original-message-id")  # the second is Gmail's
_DIAGNOSTICS = ("diagnostic-code", "x-supplementary-info", "x-display-text", "x-actual-error", "x-error")
_ACTIONS = {
    **{action.value: action for action in MailAction},
    **dict.fromkeys(("expired", "failure", "fail", "bounced", "undeliverable", "error", "rejected"), MailAction.FAILED),
    **dict.fromkeys(("delay", "deferred", "retry", "retrying"), MailAction.DELAYED),
    "success": MailAction.DELIVERED,
}
_OF_CLASS = {"5": MailAction.FAILED, "4": MailAction.DELAYED, "2": MailAction.DELIVERED}
_SENDER = re.compile(r"x-[\w-]{1,40}-sender$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2}")
_VAGUE = re.compile(r"[245]\.0\.0\Z")


def is_status(part: Message) -> bool:
    """Return whether a part is a status part, or text that has the fields of one."""
    if part.get_content_type() in _TYPES:
        return True
    if part.is_multipart() or part.get_content_maintype() not in {"text", "application"}:
        return False
    body = body_of(part)[:_LOOK_INTO]
    return _FIELDS.search(body) is not None and _SAID.search(body) is not None


def groups_of(status: Message) -> list[Message]:
    """Return the groups of fields of a status part: one about the message, then one a recipient."""
    groups = re.split(rb"\n(?:[ \t]*\n)+", body_of(status).strip(b"\n"), maxsplit=_MOST_GROUPS)
    joined: list[bytes] = []
    for group in groups:
        if joined and _FIELDS.search(joined[-1]) and not _FIELDS.search(group) and _SAID.search(group):
            joined[-1] += b"\n" + group  # of the same recipient, behind an empty line that should not be there
        else:
            joined.append(group)
    return [part_of(group) for group in joined]


def envelope_ids(groups: list[Message]) -> str:
    """Return what the groups call the mail."""
    return "\n".join(fields_of(group, *_NAMING) for group in groups)


def senders(groups: list[Message]) -> str:
    """Return the envelope senders of the mail that the groups name, as Postfix and its kin do."""
    return "\n".join(value for group in groups for name, value in group.items() if _SENDER.match(name))


def arrivals(groups: list[Message]) -> str:
    """Return when the mail came to the server that reports, as the groups say."""
    return "\n".join(fields_of(group, "arrival-date") for group in groups)


def read(groups: list[Message], words: str) -> DeliveryReport | None:
    """Return what the gravest group of a recipient says, with what each says; None if no group says anything.

    `words` are the report's own: they say what a group leaves out.
    """
    each = [report for group in groups if (report := _of_group(group, words)) is not None]
    found = gravest(each)
    return found if found is None or len(each) == 1 else msgspec.structs.replace(found, each=tuple(each))


def _of_group(group: Message, words: str) -> DeliveryReport | None:
    remote_words = _diagnostic(group)
    reported = status_in(group.get("status", ""))
    action = _action(group, reported)
    recipients = addresses_in(fields_of(group, *_RECIPIENTS))
    if action is None and not (recipients and remote_words.strip()):
        return None
    has_words = bool(_WORD.search(remote_words))  # or nothing but a number, such as an exit code
    said = remote_words if has_words else words or remote_words
    reply = replies_in_words.first(remote_words, alone=True) or (
        replies_in_words.first(words) if not has_words else None
    )
    status = _status(reply.status if reply else None, status_in(remote_words), reported)
    return DeliveryReport(
        action=action or _OF_CLASS.get((status or "5")[:1], MailAction.FAILED),
        status=status,
        code=reply.code if reply else None,
        diagnostic=shortened(said),
        remote=next(iter(group.get("remote-mta", "").rpartition(";")[2][:255].split()), None),
        recipients=recipients,
    )


def _diagnostic(group: Message) -> str:
    """Return the remote server's words, without the type that comes before them."""
    for name in _DIAGNOSTICS:
        value = fields_of(group, name)[:LONGEST_FIELD]
        kind, semicolon, said = value.partition(";")
        if semicolon and re.fullmatch(r"\s*[\w .()-]{0,40}", kind):
            value = said
        if value.strip():
            return value
    return ""


def _action(group: Message, status: str | None) -> MailAction | None:
    first = re.match(r"[\s\"'<]*([a-z]+)", group.get("action", ""), re.IGNORECASE)
    named = _ACTIONS.get(first[1].lower()) if first else None
    return named or _OF_CLASS.get((status or "")[:1])


def _status(of_reply: str | None, in_words: str | None, reported: str | None) -> str | None:
    """Return the most telling one: the remote server's own, unless it is vague and the reporter's is not."""
    known = [one for one in (of_reply, in_words, reported) if one]
    return next((one for one in known if not _VAGUE.match(one)), known[0] if known else None)
