"""What the codes of a refusal mean, where its words do not say it, as tables. Pure.

The words are in `refusal_rules.py`.
"""

from hireloop.notify.reasons import Reason
from hireloop.notify.transports.refusal_patterns import Side, SmtpRefusal

CLEAR_DETAILS = {
    "1.1": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "1.2": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "1.3": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "1.6": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "2.1": SmtpRefusal(Side.MAILBOX, Reason.MAILBOX_DISABLED),
    "2.2": SmtpRefusal(Side.MAILBOX, Reason.MAILBOX_FULL),
    "3.4": SmtpRefusal(Side.MESSAGE, Reason.MESSAGE_TOO_LARGE),
    "7.17": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),  # RFC 7293: the owner has changed
    "7.18": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "7.193": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),  # Exchange Online's own codes
    "7.505": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "7.512": SmtpRefusal(Side.MESSAGE, Reason.MESSAGE_REFUSED),
    "7.703": SmtpRefusal(Side.ROUTE, Reason.RELAY_REFUSED),
    "7.705": SmtpRefusal(Side.ROUTE, Reason.SENDING_LIMIT),
    **dict.fromkeys(("7.501", "7.502", "7.503", "7.708", "7.750"), SmtpRefusal(Side.ROUTE, Reason.ACCOUNT_SUSPENDED)),
}
"""Enhanced codes (RFC 3463) without their class that are clear, and that only the words above contradict."""

DETAILS = {
    # Bad sender's mailbox; Postfix says so no earlier than at RCPT
    "1.7": SmtpRefusal(Side.ROUTE, Reason.SENDER_REFUSED),
    "1.8": SmtpRefusal(Side.ROUTE, Reason.SENDER_REFUSED),  # bad sender's domain
    "1.0": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    # Exchange Online has codes of its own, of two or three digits
    "1.90": SmtpRefusal(Side.ROUTE, Reason.SENDING_LIMIT),
    "2.3": SmtpRefusal(Side.MESSAGE, Reason.MESSAGE_TOO_LARGE),
    "2.121": SmtpRefusal(Side.NOBODY, Reason.RATE_LIMITED),
    "2.122": SmtpRefusal(Side.NOBODY, Reason.RATE_LIMITED),
    "2.252": SmtpRefusal(Side.ROUTE, Reason.SENDER_REFUSED),
    "4.4": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),  # so Postfix calls a domain that does not exist
    "4.310": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "7.8": SmtpRefusal(Side.ROUTE, Reason.AUTH_REQUIRED),
    "7.11": SmtpRefusal(Side.ROUTE, Reason.AUTH_REQUIRED),
    "7.13": SmtpRefusal(Side.ROUTE, Reason.ACCOUNT_SUSPENDED),
    "7.54": SmtpRefusal(Side.ROUTE, Reason.RELAY_REFUSED),
    "7.57": SmtpRefusal(Side.ROUTE, Reason.AUTH_REQUIRED),
    "7.60": SmtpRefusal(Side.ROUTE, Reason.SENDER_REFUSED),
    "7.64": SmtpRefusal(Side.ROUTE, Reason.RELAY_REFUSED),
    "7.124": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "7.129": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "7.133": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "7.134": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "7.136": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "7.232": SmtpRefusal(Side.ROUTE, Reason.SENDING_LIMIT),
    "7.233": SmtpRefusal(Side.ROUTE, Reason.SENDING_LIMIT),
    "7.236": SmtpRefusal(Side.ROUTE, Reason.SENDING_LIMIT),
}
"""What an enhanced code means by itself, without its class."""

SUBJECTS = {
    "1": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    "2": SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    "6": SmtpRefusal(Side.MESSAGE, Reason.MESSAGE_REFUSED),
    "7": SmtpRefusal(Side.POLICY, Reason.POLICY_BLOCK),
}
"""What the first number of an enhanced code's detail means (RFC 3463, 3)."""

CODES = {
    # RFC 4954, 6; RFC 3207, 4, for 530; and 503, which many servers say instead
    **dict.fromkeys((503, 530, 534, 535, 538), SmtpRefusal(Side.ROUTE, Reason.AUTH_REQUIRED)),
    525: SmtpRefusal(Side.ROUTE, Reason.ACCOUNT_SUSPENDED),  # RFC 5248, X.7.13
    556: SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_REFUSED),  # RFC 7504
}
"""What a code means by itself; as clear as the enhanced codes above."""

LAST_CODES = {551: SmtpRefusal(Side.MAILBOX, Reason.RECIPIENT_UNKNOWN)}
"""What a code means if nothing else says anything: some servers say 551 of spam and viruses as well."""
