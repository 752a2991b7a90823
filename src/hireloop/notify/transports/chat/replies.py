"""What a chat service's words say when its status does not: whose fault a refusal is. Pure.

Many services answer 400 for everything, and some answer 200 and say in JSON that nothing was posted. The words are from
the documents of Telegram, Slack, Discord, Matrix, Mattermost, Rocket.Chat, Webex and Zulip.
"""

import re

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Rejected, Retry
from hireloop.notify.transports.http_replies import ADDRESS_REASONS


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile(r"(?<![a-z0-9])(?:" + "|".join(words) + r")(?![a-z0-9])", re.IGNORECASE)


_SIGN_IN = _any_of(
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope"),
    *("not_allowed_token_type", "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"),
)
_ADDRESS = _any_of(
    # Telegram
    *("(?:chat|group|message thread|user|peer) not found", "PEER_ID_INVALID", "TOPIC_(?:CLOSED|DELETED)"),
    *("bot was (?:blocked|kicked)", "bot is not a (?:member|participant)", "user is deactivated"),
    *("have no rights? to send", "not enough rights", "need administrator rights", "upgraded to a supergroup"),
    *("bots can't send messages to bots", "CHAT_WRITE_FORBIDDEN", "CHANNEL_PRIVATE"),
    # Slack
    *("channel_not_found", "(?:channel_)?is_archived", "not_in_channel", "no_service(?:_id)?", "no_team"),
    *("team_(?:not_found|disabled)", "user_not_found", "restricted_action\\w*", "action_prohibited"),
    *("posting_to_\\w+_denied", "no_active_hooks", "access_denied"),
    # Discord
    *("Unknown (?:Channel|Webhook|Guild|User)", "Missing (?:Access|Permissions)", "is not snowflake"),
    "Invalid Webhook Token",
    # Matrix
    *("M_NOT_FOUND", "M_FORBIDDEN", "M_GUEST_ACCESS_FORBIDDEN", "No known servers"),
    # Mattermost, Rocket.Chat, Webex, Zulip
    *(
        "(?:couldn't|could not|can't|unable to) find the (?:existing )?channel",
        "invalid webhook",
        "(?:web)?hook not found",
    ),
    *("(?:error-)?(?:invalid-room|room-not-found)", "(?:channel|room|stream) (?:does not exist|not found)"),
    *("could not find a room", "(?:STREAM|CHANNEL)_DOES_NOT_EXIST", "(?:stream|channel) '[^']{1,200}' does not exist"),
)
_MESSAGE = _any_of(
    *(
        "(?:message|text) is too long",
        "message_too_long",
        "msg_too_long",
        "too_long",
        "M_TOO_LARGE",
        "payload too large",
    ),
    *("must be \\d+ or fewer in length", "(?:message|text) is empty", "text must be non-empty", "no_text"),
    *("cannot send an empty message", "can't parse (?:entities|message text)", "invalid_blocks\\w*", "M_BAD_JSON"),
    *("invalid_payload", "invalid form body"),
)
_BUSY = _any_of("rate_?limited", "too many requests", "M_LIMIT_EXCEEDED")


def in_words(outcome: Outcome) -> Outcome:
    """Return the outcome of a status from 400 on, or another one if the words say more than the status."""
    said = outcome.evidence.reply
    if isinstance(outcome, Rejected) and outcome.reason == Reason.MESSAGE_REFUSED and _ADDRESS.search(said):
        return Retry(reason=Reason.ADDRESS_REFUSED, evidence=outcome.evidence)
    if isinstance(outcome, Retry) and outcome.reason in ADDRESS_REASONS and _is_about_the_message(said):
        return Rejected(reason=Reason.MESSAGE_REFUSED, evidence=outcome.evidence)
    return outcome


def refusal_in(evidence: Evidence) -> Outcome | None:
    """Return what a response of status 2xx refuses in words; None if it has no words that are known."""
    said = evidence.reply
    if _SIGN_IN.search(said):
        return Held(reason=Reason.ENDPOINT_REFUSED, evidence=evidence)
    if _ADDRESS.search(said):
        return Retry(reason=Reason.ADDRESS_REFUSED, evidence=evidence)
    if _BUSY.search(said):
        return Retry(reason=Reason.RATE_LIMITED, evidence=evidence)
    if _is_about_the_message(said):
        return Rejected(reason=Reason.MESSAGE_REFUSED, evidence=evidence)
    return None


def _is_about_the_message(said: str) -> bool:
    return bool(_MESSAGE.search(said)) and not _ADDRESS.search(said)
