"""Why an attempt did not end in `Sent`: every slug that an attempt, a delivery or a held channel may have.

The slugs are part of the API. Each has a message for people, and `docs/reference/reasons.md` lists them.
"""

from enum import StrEnum
from typing import Self

from hireloop import faults
from hireloop.wording.plain_text import one_line


class Slug(StrEnum):
    """A slug with a message for people; an enum of slugs is a subclass."""

    sentence: str

    def __new__(cls, slug: str, sentence: str) -> Self:
        """Return a member that equals its slug."""
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.sentence = sentence
        return member


class Reason(Slug):
    """A slug; `sentence` says what it means and, if someone can fix it, how."""

    # Our own settings rule it out; nothing was sent
    NO_MAIL_HOST = "no_mail_host", faults.NO_MAIL_HOST.sentence
    CONSOLE_BACKEND = "console_backend", faults.CONSOLE_BACKEND.sentence
    FILE_BACKEND = "file_backend", faults.FILE_BACKEND.sentence
    INCOMPLETE_CREDENTIALS = "incomplete_credentials", faults.INCOMPLETE_CREDENTIALS.sentence
    PASSWORD_WITHOUT_TLS = "password_without_tls", faults.PASSWORD_WITHOUT_TLS.sentence
    TLS_AND_SSL = "tls_and_ssl", faults.TLS_AND_SSL.sentence
    BAD_MAIL_URL = (
        "bad_mail_url",
        (
            "EMAIL_URL (or EMAIL_FALLBACK_URL) must be a mailto:// or mailtos:// URL with no parameters other than "
            "smtp, mode, from, name, user and pass."
        ),
    )
    BAD_SENDER = (
        "bad_sender",
        "DEFAULT_FROM_EMAIL (or `from=` in EMAIL_URL) is not an address that mail can be sent from.",
    )
    BAD_CHAT_URL = (
        "bad_chat_url",
        "The channel's Apprise URL can no longer be used. Correct it in CHAT_URLS or APPRISE_CONFIG.",
    )
    BAD_WEBHOOK_URL = (
        "bad_webhook_url",
        "A webhook's URL must be https://host/path without credentials. To use http://, set WEBHOOK_ALLOW_PRIVATE.",
    )
    NO_WEBHOOK_SECRET = (
        "no_webhook_secret",
        "WEBHOOK_SECRET is not set, so webhooks cannot be signed. Set it to the same value here and at the receiver.",
    )
    BAD_WEBHOOK_SECRET = (
        "bad_webhook_secret",
        "WEBHOOK_SECRET must be `whsec_` and 24 to 64 random bytes in base64: `echo whsec_$(openssl rand -base64 32)`.",
    )
    PRIVATE_ADDRESS = (
        "private_address",
        "The webhook's host name resolves to a private address. Set WEBHOOK_ALLOW_PRIVATE if this is intended.",
    )

    # Reaching the server
    NAME_NOT_FOUND = "name_not_found", "The server's host name could not be resolved."
    CONNECTION_REFUSED = "connection_refused", "Nothing is listening at the server's address and port."
    CONNECTION_FAILED = "connection_failed", "The server could not be reached."
    CONNECTION_DROPPED = "connection_dropped", "The server closed the connection before it answered."
    TIMED_OUT = "timed_out", "The server did not answer in time."
    UNEXPECTED_REPLY = "unexpected_reply", "The server's reply does not follow the protocol."
    SERVER_BUSY = "server_busy", "The server is not accepting mail right now (a 4xx greeting, or 421)."
    SERVER_REFUSED = (
        "server_refused",
        "The server refuses connections from this machine (a 5xx greeting, or a 5xx reply to EHLO).",
    )
    STARTTLS_MISSING = "starttls_missing", "The server does not offer STARTTLS, which EMAIL_USE_TLS requires."
    STARTTLS_REFUSED = "starttls_refused", "The server offers STARTTLS but refuses to start it."
    CERTIFICATE_INVALID = (
        "certificate_invalid",
        "The server's certificate is not trusted, has expired, or belongs to another host.",
    )
    TLS_FAILED = (
        "tls_failed",
        "The TLS handshake failed. Common causes are EMAIL_USE_SSL with port 587 and a server with outdated TLS.",
    )
    AUTH_MISSING = "auth_missing", "The server does not offer password sign-in (AUTH PLAIN or LOGIN)."
    AUTH_REFUSED = "auth_refused", "The server refused the user name or the password."
    AUTH_DEFERRED = "auth_deferred", "The server cannot check sign-ins right now."
    AUTH_REQUIRED = "auth_required", "The server requires a sign-in or TLS before it accepts mail."
    APP_PASSWORD_REQUIRED = (
        "app_password_required",
        (
            "The mail provider requires an app password, not the account's password. Create one in the security "
            "settings of the account (Gmail: https://myaccount.google.com/apppasswords), and set it as the mail "
            "password."
        ),
    )
    PASSWORD_SIGN_IN_DISABLED = (
        "password_sign_in_disabled",
        (
            "Password sign-in (SMTP AUTH) is disabled for the mail account or its organization. Ask the provider's "
            "administrator to enable it for this account, or use another provider."
        ),
    )
    BROWSER_SIGN_IN_REQUIRED = (
        "browser_sign_in_required",
        (
            "The mail provider asks the owner of the account to sign in with a web browser first. Do so, confirm the "
            "sign-in, and set an app password."
        ),
    )

    # What the server replied about the message
    SENDER_REFUSED = "sender_refused", "The server does not accept mail from the sender's address."
    SENDER_DEFERRED = "sender_deferred", "The server does not accept mail from the sender's address right now."
    SENDING_LIMIT = (
        "sending_limit",
        (
            "The account that sends our mail has reached the provider's sending limit. Wait until it is reset, ask the "
            "provider for a higher one, or add EMAIL_FALLBACK_URL."
        ),
    )
    RELAY_REFUSED = (
        "relay_refused",
        (
            "The mail server does not relay our mail to other domains. Sign in to it, or ask its operator to allow "
            "this machine."
        ),
    )
    ACCOUNT_SUSPENDED = (
        "account_suspended",
        "The mail provider has suspended our account or paused its sending. Ask the provider why.",
    )
    POLICY_BLOCK = "policy_block", "The recipient's server blocked the message because of a policy or a block list."
    RECIPIENT_UNKNOWN = "recipient_unknown", "The recipient's address does not exist."
    RECIPIENT_REFUSED = "recipient_refused", "The recipient's server does not accept mail for this address."
    RECIPIENT_DEFERRED = "recipient_deferred", "The recipient's server does not accept mail for this address right now."
    RECIPIENT_NEEDS_SMTPUTF8 = (
        "recipient_needs_smtputf8",
        "The recipient's address has non-ASCII characters, which the mail server does not support (SMTPUTF8).",
    )
    BAD_RECIPIENT = "bad_recipient", "The recipient's address is not valid in an SMTP command."
    MAILBOX_DISABLED = "mailbox_disabled", "The recipient's mailbox is disabled."
    MAILBOX_FULL = "mailbox_full", "The recipient's mailbox is full."
    MESSAGE_TOO_LARGE = "message_too_large", "The message is larger than the recipient's server accepts."
    MESSAGE_REFUSED = "message_refused", "The recipient's server refused the message after receiving it."
    MESSAGE_DEFERRED = "message_deferred", "The server does not accept the message right now."
    NO_DATA = "no_data", "Messages of this kind cannot be sent to a webhook, since they have no data for programs."

    # What an HTTP endpoint responded
    ENDPOINT_REFUSED = (
        "endpoint_refused",
        "The endpoint denied access (401, 402, 403 or 407). Check the channel's URL and its token or secret.",
    )
    ADDRESS_REFUSED = (
        "address_refused",
        (
            "The endpoint refuses messages to the channel's URL (400, or a reply such as `channel_not_found`). Check "
            "that the room in the URL exists and may be posted to, and that the URL's token or secret is correct."
        ),
    )
    ENDPOINT_MISSING = (
        "endpoint_missing",
        "The channel's URL does not accept messages (404 or 405). Correct the URL.",
    )
    ENDPOINT_GONE = (
        "endpoint_gone",
        "The receiver has removed its endpoint (410). Remove the channel or set its new URL.",
    )
    REDIRECTED = (
        "redirected",
        "The endpoint redirects, and redirects are not followed. Set the URL that it redirects to.",
    )
    RATE_LIMITED = "rate_limited", "The recipient's side accepts no more messages right now because of a rate limit."
    ENDPOINT_BROKEN = "endpoint_broken", "The endpoint failed with a server error (5xx)."
    CHAT_FAILED = (
        "chat_failed",
        "The chat service did not accept the message and gave no reason. Its reply, if any, is shown with the attempt.",
    )

    # What the worker found
    DEADLINE_PASSED = "deadline_passed", "The message could not be delivered before its deadline."
    CRASHES_WORKER = "crashes_worker", "Five workers in a row crashed or were killed while sending the message."
    UNKNOWN_PAYLOAD = "unknown_payload", "This version of HireLoop cannot read the stored message."
    RENDER_FAILED = "render_failed", "The message could not be rendered from its data."
    TRANSPORT_MISSING = "transport_missing", "No installed package provides the channel's transport."
    TRANSPORT_BROKEN = (
        "transport_broken",
        "The channel's transport is installed but cannot be opened. The worker's log says why.",
    )
    TRANSPORT_CRASHED = "transport_crashed", "The channel's transport raised an unexpected error."

    # What a report said later
    BOUNCED = "bounced", "A mail server accepted the message and returned it later. Its reply says why."
    DELAYED = "delayed", "A mail server accepted the message, has not been able to pass it on yet, and is still trying."
    CAME_BACK = (
        "came_back",
        "The message was sent, but an email came back that a person must judge. The delivery shows its first words.",
    )
    COMPLAINT = "complaint", "The message was sent, but the recipient or their provider reported it as spam."


OF_OUR_ROUTE: frozenset[Reason] = frozenset(
    {
        Reason.SENDER_REFUSED,
        Reason.AUTH_REQUIRED,
        Reason.APP_PASSWORD_REQUIRED,
        Reason.PASSWORD_SIGN_IN_DISABLED,
        Reason.BROWSER_SIGN_IN_REQUIRED,
        Reason.SENDING_LIMIT,
        Reason.RELAY_REFUSED,
        Reason.ACCOUNT_SUSPENDED,
    }
)
"""The reasons of a `Retry` that are about our account, sender, sign-in or limit, and not about the recipient."""

NOT_OF_THE_MAILBOX: frozenset[Reason] = frozenset({Reason.MESSAGE_REFUSED, Reason.POLICY_BLOCK})
"""The reasons of a 5xx after DATA that say nothing about the recipient's mailbox: another provider may succeed."""

OF_THE_SERVER: frozenset[Reason] = frozenset({Reason.RECIPIENT_NEEDS_SMTPUTF8})
"""The reasons of a `Rejected` that the server lacks an extension: another provider may have it."""


def sentence_of(slug: str) -> str:
    """Return the message of a slug, or the slug itself if a plugin defined it."""
    known = {reason.value: reason.sentence for reason in Reason}
    return known.get(slug, slug)


def sentence_in(slug: str | None, locale: str) -> str:
    """Return the message of a slug in the language of a locale, on one line; empty without a slug."""
    from hireloop.wording.languages import in_language, language_of  # commands that say it in English do without Babel

    return one_line(in_language(sentence_of(slug), language_of(locale))) if slug else ""
