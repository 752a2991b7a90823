"""Why a try did not end in `Sent`: every slug that an attempt, a delivery or a held channel may carry.

The slugs are part of the API. Each has a sentence for its reader, and `docs/reference/reasons.md` lists them.
"""

from enum import StrEnum
from typing import Self

from hireloop import faults


class Slug(StrEnum):
    """A slug with a sentence for its reader; an enum of slugs is a subclass."""

    sentence: str

    def __new__(cls, slug: str, sentence: str) -> Self:
        """Return a member that equals its slug."""
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.sentence = sentence
        return member


class Reason(Slug):
    """A slug; `sentence` says what it means and, where somebody can mend it, how."""

    # Our own settings forbid it; nothing was sent
    NO_MAIL_HOST = "no_mail_host", faults.NO_MAIL_HOST.sentence
    CONSOLE_BACKEND = "console_backend", faults.CONSOLE_BACKEND.sentence
    FILE_BACKEND = "file_backend", faults.FILE_BACKEND.sentence
    INCOMPLETE_CREDENTIALS = "incomplete_credentials", faults.INCOMPLETE_CREDENTIALS.sentence
    PASSWORD_WITHOUT_TLS = "password_without_tls", faults.PASSWORD_WITHOUT_TLS.sentence
    TLS_AND_SSL = "tls_and_ssl", faults.TLS_AND_SSL.sentence
    BAD_MAIL_URL = (
        "bad_mail_url",
        (
            "EMAIL_URL (or EMAIL_FALLBACK_URL) must be mailto:// or mailtos://, with no more than smtp, mode, from, "
            "name, user and pass."
        ),
    )
    BAD_SENDER = (
        "bad_sender",
        "DEFAULT_FROM_EMAIL (or `from=` in EMAIL_URL) is no address that mail can be sent from.",
    )
    BAD_CHAT_URL = (
        "bad_chat_url",
        "The channel's Apprise URL cannot be used any more: correct it in CHAT_URLS or APPRISE_CONFIG.",
    )
    BAD_WEBHOOK_URL = (
        "bad_webhook_url",
        "A webhook's address must be https://host/path without a sign-in; http:// needs WEBHOOK_ALLOW_PRIVATE.",
    )
    NO_WEBHOOK_SECRET = (
        "no_webhook_secret",
        "Webhooks cannot be signed: set WEBHOOK_SECRET, the same here and at the receiver.",
    )
    BAD_WEBHOOK_SECRET = (
        "bad_webhook_secret",
        "WEBHOOK_SECRET must be `whsec_` and 24 to 64 random bytes in base64: `echo whsec_$(openssl rand -base64 32)`.",
    )
    PRIVATE_ADDRESS = (
        "private_address",
        "The webhook's name leads to a private address: set WEBHOOK_ALLOW_PRIVATE if that is meant.",
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
    NO_DATA = "no_data", "This kind of message has no values for programs, and so cannot go over a webhook."

    # What an HTTP endpoint answered
    ENDPOINT_REFUSED = (
        "endpoint_refused",
        "The endpoint does not let us in (401 or 403): check the channel's address and its token or secret.",
    )
    ENDPOINT_MISSING = (
        "endpoint_missing",
        "Nothing at the channel's address takes messages (404 or 405): correct the address.",
    )
    ENDPOINT_GONE = (
        "endpoint_gone",
        "The receiver has removed its endpoint (410): remove the channel, or set its new address.",
    )
    REDIRECTED = "redirected", "The endpoint redirects, which is not followed: set the address that it leads to."
    RATE_LIMITED = "rate_limited", "The endpoint asks for fewer messages at a time (429)."
    ENDPOINT_BROKEN = "endpoint_broken", "The endpoint has a fault of its own right now (5xx)."
    CHAT_FAILED = (
        "chat_failed",
        "The chat service did not take the message and named no cause; its answer, if it gave one, is all there is.",
    )

    # What the worker found
    DEADLINE_PASSED = "deadline_passed", "Time ran out before the message could be delivered."
    CRASHES_WORKER = "crashes_worker", "Five workers in a row died or were killed while they sent it."
    UNKNOWN_PAYLOAD = "unknown_payload", "The stored message cannot be read by this version."
    RENDER_FAILED = "render_failed", "The message's text could not be made from its values."
    TRANSPORT_MISSING = "transport_missing", "No installed package offers the channel's transport."
    TRANSPORT_BROKEN = (
        "transport_broken",
        "The channel's transport is installed and cannot be opened: the worker's log says why.",
    )
    TRANSPORT_CRASHED = "transport_crashed", "The channel's transport raised an error of its own."

    # What a report said later
    BOUNCED = "bounced", "A mail server took the message and gave it back later: its words say why."
    DELAYED = "delayed", "A mail server took the message, has not got it any further yet, and goes on trying."


def sentence_of(slug: str) -> str:
    """Return the sentence of a slug, or the slug itself where a plugin made it."""
    known = {reason.value: reason.sentence for reason in Reason}
    return known.get(slug, slug)
