"""Threads: the mails about one thing to one recipient, which mail programs show together (RFC 5322, 3.6.4).

Each mail refers to the first one of its thread that may have arrived. A replay adds a number to a Message-ID, so that
the same mail has several; a thread is known by any of them.
"""

import re

from hireloop.notify.messages import PARTY_KINDS

THREADED_KINDS = PARTY_KINDS
_NUMBER = re.compile(r"(\.\d+)?@")


def first_mail_fragment(delivery: str, *, about: str = "schedule") -> str:
    """Return SQL for the Message-ID of the first mail of a delivery's thread that may have arrived; null if none did.

    `delivery` is a row of the table `delivery` in the statement, and `about` the column that says what a thread is
    about: an index has to begin with it, and OFFSET keeps the planner to that one. A mail that bounced did not arrive.
    """
    return f"""
        (SELECT first.message_id FROM (
                SELECT * FROM delivery AS known WHERE known.{about} = {delivery}.{about} OFFSET 0
            ) AS first
            WHERE first.channel = {delivery}.channel AND first.recipient = {delivery}.recipient
              AND first.id < {delivery}.id AND first.state <> 'bounced'
              AND first.kind = ANY(:threaded_kinds::text[])
              AND EXISTS (
                SELECT FROM attempt WHERE attempt.delivery = first.id
                  AND (outcome IS NULL OR outcome IN ('sent', 'lost') OR maybe_accepted))
            ORDER BY first.id LIMIT 1)
    """  # noqa: S608 (from our own code)


def references(message_id: str, first_mail: str | None) -> tuple[str, ...]:
    """Return the Message-IDs that a mail refers to, the one that it replies to last; empty for the first of a thread.

    A second copy of a first mail refers to the first copy.
    """
    of_thread = first_mail or message_id
    named = dict.fromkeys((_NUMBER.sub("@", of_thread, count=1), of_thread))
    return tuple(one for one in named if one != message_id)


def again(message_id: str, attempt_count: int) -> str:
    """Return the Message-ID of one more copy: some mailboxes drop a mail whose Message-ID they have seen."""
    return _NUMBER.sub(f".{attempt_count}@", message_id, count=1)
