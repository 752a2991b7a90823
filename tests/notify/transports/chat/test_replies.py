"""Whose fault a refusal is, in the words of chat services."""

import pytest

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected, Retry
from hireloop.notify.transports.chat.replies import in_words, refusal_in
from hireloop.notify.transports.http_replies import outcome_of_status
from notify.transports.test_http_replies import NOW

ADDRESS = [
    '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}',
    '{"ok":false,"error_code":403,"description":"Forbidden: bot was kicked from the supergroup chat"}',
    '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}',
    '{"ok":false,"error_code":400,"description":"Bad Request: message thread not found"}',
    '{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat"}',
    '{"ok":false,"error_code":400,"description":"Bad Request: not enough rights to send text messages to the chat"}',
    '{"ok":false,"error":"channel_not_found"}',
    '{"ok":false,"error":"is_archived"}',
    '{"ok":false,"error":"not_in_channel"}',
    "no_service",
    "channel_is_archived",
    '{"message": "Unknown Webhook", "code": 10015}',
    '{"message": "Unknown Channel", "code": 10003}',
    '{"message": "Missing Access", "code": 50001}',
    '{"code": 50035, "message": "Invalid Form Body", "errors": {"channel_id": "x is not snowflake"}}',
    '{"errcode":"M_FORBIDDEN","error":"User @a:localhost not in room"}',
    '{"errcode":"M_NOT_FOUND","error":"No known servers"}',
    '{"id":"web.incoming_webhook.channel.app_error","message":"Couldn\'t find the channel.","status_code":404}',
    '{"success":false,"error":"The required room was not found [error-room-not-found]"}',
    '{"result":"error","msg":"Channel \'hiring\' does not exist","code":"STREAM_DOES_NOT_EXIST"}',
]
MESSAGE = [
    '{"ok":false,"error_code":400,"description":"Bad Request: message is too long"}',
    '{"ok":false,"error_code":400,"description":"Bad Request: message text is empty"}',
    '{"ok":false,"error_code":400,"description":"Bad Request: can\'t parse entities: Unexpected end tag"}',
    "no_text",
    '{"ok":false,"error":"msg_too_long"}',
    "invalid_payload",
    '{"content": ["Must be 2000 or fewer in length."]}',
    '{"message": "Cannot send an empty message", "code": 50006}',
    '{"errcode":"M_TOO_LARGE","error":"event too large"}',
]
SIGN_IN = ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "missing_scope"]
NOTHING = ["", "Bad Request", '{"status": "error", "message": "Unauthorized"}', "<html>404 page not found</html>"]


def evidence(reply: str, code: int = 200) -> Evidence:
    return Evidence(phase=Phase.HTTP, code=code, reply=reply)


def outcome(code: int, reply: str) -> Outcome:
    return in_words(outcome_of_status(evidence(reply, code), None, NOW))


@pytest.mark.parametrize("reply", ADDRESS)
def test_words_about_the_address_are_not_about_the_message_whatever_the_status(reply: str) -> None:
    for code in (400, 403, 404, 409, 422):
        found = outcome(code, reply)
        assert isinstance(found, Retry)
        assert found.reason in {Reason.ADDRESS_REFUSED, Reason.ENDPOINT_REFUSED, Reason.ENDPOINT_MISSING}
    assert refusal_in(evidence(reply)) == Retry(reason=Reason.ADDRESS_REFUSED, evidence=evidence(reply))


@pytest.mark.parametrize("reply", MESSAGE)
def test_words_about_the_message_reject_it_whatever_the_status(reply: str) -> None:
    for code in (400, 403, 422):
        assert outcome(code, reply) == Rejected(reason=Reason.MESSAGE_REFUSED, evidence=evidence(reply, code))
    assert refusal_in(evidence(reply)) == Rejected(reason=Reason.MESSAGE_REFUSED, evidence=evidence(reply))


@pytest.mark.parametrize("word", SIGN_IN)
def test_a_refused_sign_in_is_held_also_in_a_good_status(word: str) -> None:
    said = evidence(f'{{"ok":false,"error":"{word}"}}')
    assert refusal_in(said) == Held(reason=Reason.ENDPOINT_REFUSED, evidence=said)


@pytest.mark.parametrize("reply", NOTHING)
def test_words_that_are_not_known_leave_it_to_the_status(reply: str) -> None:
    for code in (400, 401, 403, 404, 410, 413, 422, 429, 503):
        assert outcome(code, reply) == outcome_of_status(evidence(reply, code), None, NOW)
    assert refusal_in(evidence(reply)) is None


@pytest.mark.parametrize("reply", ["channel_not_found", "message is too long"])
def test_no_words_change_what_a_status_says_of_the_channel_or_of_later(reply: str) -> None:
    for code in (302, 401, 410, 413, 429, 503):
        assert outcome(code, reply) == outcome_of_status(evidence(reply, code), None, NOW)


def test_a_rate_limit_in_words_is_tried_again() -> None:
    found = refusal_in(evidence('{"ok":false,"error":"ratelimited"}'))
    assert isinstance(found, Retry)
    assert found.reason == Reason.RATE_LIMITED
