"""Why a try did not end in `Sent`: every slug that an attempt, a delivery or a held channel may carry.

The slugs are part of the API. Each has a sentence for its reader, and `docs/delivery-lifecycle.md` lists them.
"""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A slug; `sentence` says what it means and, where somebody can mend it, how."""

    sentence: str

    def __new__(cls, slug: str, sentence: str) -> Self:
        """Return a member that equals its slug."""
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.sentence = sentence
        return member

    # Our own settings forbid it; nothing was sent
    NO_MAIL_HOST = "no_mail_host", "No mail server is configured: set EMAIL_HOST or EMAIL_URL."
    CONSOLE_BACKEND = (
        "console_backend",
        "EMAIL_BACKEND is the console, which reaches nobody: set it to `smtp`.",
    )
    FILE_BACKEND = "file_backend", "EMAIL_BACKEND writes files, which reach nobody: set it to `smtp`."
    INCOMPLETE_CREDENTIALS = (
        "incomplete_credentials",
        "Only one of EMAIL_HOST_USER and EMAIL_HOST_PASSWORD is set: set both, or neither.",
    )
    PASSWORD_WITHOUT_TLS = (
        "password_without_tls",
        "A mail password would cross the network in clear: set EMAIL_USE_TLS or EMAIL_USE_SSL, or use mailtos://.",
    )
    TLS_AND_SSL = (
        "tls_and_ssl",
        "EMAIL_USE_TLS (STARTTLS, port 587) and EMAIL_USE_SSL (TLS from the start, port 465) exclude each other.",
    )
    BAD_MAIL_URL = (
        "bad_mail_url",
        "EMAIL_URL must be mailto:// or mailtos://, with no more than smtp, mode, from, name, user and pass.",
    )
    BAD_SENDER = (
        "bad_sender",
        "DEFAULT_FROM_EMAIL (or `from=` in EMAIL_URL) is no address that mail can be sent from.",
    )

    # The way to the server
    NAME_NOT_FOUND = "name_not_found", "The server's name could not be looked up."
    CONNECTION_REFUSED = "connection_refused", "Nothing listens at the server's address and port."
    CONNECTION_FAILED = "connection_failed", "No connection to the server could be made."
    CONNECTION_DROPPED = "connection_dropped", "The server closed the connection before it had answered."
    TIMED_OUT = "timed_out", "The server did not answer in time."
    UNEXPECTED_REPLY = "unexpected_reply", "The server answered something that the protocol does not know there."
    SERVER_BUSY = "server_busy", "The server takes no mail right now (a 4xx greeting, or 421)."
    SERVER_REFUSED = "server_refused", "The server refuses to talk to us (a 5xx greeting, or a 5xx to EHLO)."
    STARTTLS_MISSING = "starttls_missing", "The server does not offer STARTTLS, which EMAIL_USE_TLS asks for."
    STARTTLS_REFUSED = "starttls_refused", "The server offers STARTTLS and refuses to begin it."
    CERTIFICATE_INVALID = (
        "certificate_invalid",
        "The server's certificate is not trusted, has expired, or is another host's.",
    )
    TLS_FAILED = (
        "tls_failed",
        "The TLS handshake failed: often port 587 with EMAIL_USE_SSL, or a server with outdated TLS.",
    )
    AUTH_MISSING = "auth_missing", "The server offers no sign-in with a password (AUTH PLAIN or LOGIN)."
    AUTH_REFUSED = "auth_refused", "The server refused the user name or the password."
    AUTH_DEFERRED = "auth_deferred", "The server cannot check sign-ins right now."
    AUTH_REQUIRED = "auth_required", "The server wants a sign-in or TLS before it takes mail from us."

    # What the server said about the message
    SENDER_REFUSED = "sender_refused", "The server does not take mail from our sender's address."
    SENDER_DEFERRED = "sender_deferred", "The server does not take mail from our sender's address right now."
    POLICY_BLOCK = "policy_block", "The recipient's side blocked the message by policy or a block list."
    RECIPIENT_UNKNOWN = "recipient_unknown", "The recipient's address does not exist."
    RECIPIENT_REFUSED = "recipient_refused", "The recipient's side refuses mail to this address."
    RECIPIENT_DEFERRED = "recipient_deferred", "The recipient's side takes no mail for this address right now."
    RECIPIENT_NEEDS_SMTPUTF8 = (
        "recipient_needs_smtputf8",
        "The recipient's address has non-ASCII letters, which our mail server cannot carry (SMTPUTF8).",
    )
    BAD_RECIPIENT = "bad_recipient", "The recipient's address cannot be written in a mail command."
    MAILBOX_DISABLED = "mailbox_disabled", "The recipient's mailbox is disabled."
    MAILBOX_FULL = "mailbox_full", "The recipient's mailbox is full."
    MESSAGE_TOO_LARGE = "message_too_large", "The message is larger than the recipient's side takes."
    MESSAGE_REFUSED = "message_refused", "The recipient's side refused the message after reading it."
    MESSAGE_DEFERRED = "message_deferred", "The server does not take the message right now."

    # What the worker found
    DEADLINE_PASSED = "deadline_passed", "Time ran out before the message could be delivered."
    CRASHES_WORKER = "crashes_worker", "Five workers in a row died or were killed while they sent it."
    UNKNOWN_PAYLOAD = "unknown_payload", "The stored message cannot be read by this version."
    RENDER_FAILED = "render_failed", "The message's text could not be made from its values."
    TRANSPORT_MISSING = "transport_missing", "No installed package offers the channel's transport."
    TRANSPORT_CRASHED = "transport_crashed", "The channel's transport raised an error of its own."


def sentence_of(slug: str) -> str:
    """Return the sentence of a slug, or the slug itself where a plugin made it."""
    known = {reason.value: reason.sentence for reason in Reason}
    return known.get(slug, slug)
