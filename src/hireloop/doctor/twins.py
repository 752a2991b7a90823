"""The check for what shares a mailbox since before HireLoop knew that two spellings can be one address."""

from hireloop.notify.diagnosis.findings import Finding, warning
from hireloop.scheduling.people.twins import Twins
from hireloop.wording.plain_text import counted

CHECK = "addresses"
_MOST_NAMED = 5
_FIX = "See docs/how-to/recover-from-a-failure.md, under `Two candidates have one mailbox`."


def finding(twins: Twins) -> Finding | None:
    """Return what should be cleared up, by its ids; None if there is nothing."""
    parts = []
    if twins.candidates:
        pairs = [" and ".join(map(str, ids)) for ids in twins.candidates]
        mailboxes = counted(len(pairs), "mailbox has", "mailboxes have")
        parts.append(f"{mailboxes} several candidates, who can be booked at the same time: {_named(pairs)}.")
    if twins.slots:
        slots = counted(len(twins.slots), "slot overlaps", "slots overlap")
        parts.append(f"{slots} another of the same interviewer: {_named([str(ident) for ident in twins.slots])}.")
    return warning(CHECK, " ".join(parts), _FIX) if parts else None


def _named(names: list[str]) -> str:
    more = f"; and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return "; ".join(names[:_MOST_NAMED]) + more
