"""The signature, checked by the specification's own library."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from docs.documents import blocks_of
from hireloop.notify.transports.webhook.signature import keys_of, signature, webhook_id


def secret(length: int = 32, start: int = 0) -> str:
    return "whsec_" + base64.b64encode(bytes(range(start, start + length))).decode()


@given(st.dictionaries(st.text(), st.text()), st.uuids())
def test_any_body_passes_the_librarys_check(values: dict[str, str], ident: object) -> None:
    mine, body = secret(), json.dumps(values).encode()
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": webhook_id(f"<{ident}@hire.example>"),
        "webhook-timestamp": str(now),
        "webhook-signature": signature(keys_of(mine), webhook_id(f"<{ident}@hire.example>"), now, body),
    }
    assert Webhook(mine).verify(body, headers) == values
    with pytest.raises(WebhookVerificationError):
        Webhook(mine).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(start=1)).verify(body, headers)


def test_while_a_secret_is_rotated_the_old_and_the_new_one_both_verify() -> None:
    old, new = secret(), secret(64, start=7)
    now = int(datetime.now(UTC).timestamp())
    signed = signature(keys_of(f"{new} {old}"), "msg_1", now, b"{}")
    assert len(signed.split(" ")) == 2
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": signed}
    for one in (old, new):
        assert Webhook(one).verify(b"{}", headers) == {}


@pytest.mark.parametrize("length", [24, 32, 64])
def test_a_secret_of_24_to_64_bytes_is_a_key(length: int) -> None:
    assert [len(key) for key in keys_of(secret(length))] == [length]


@pytest.mark.parametrize(
    "bad",
    [
        *[secret(23), secret(65), secret()[6:], "whsec_", "whsec_not base64!"],
        *["whsec_" + "ä" * 40, "whsk_" + "A" * 44, secret().rstrip("=")],
    ],
)
def test_anything_else_is_none_and_the_error_does_not_repeat_it(bad: str) -> None:
    with pytest.raises(ValueError, match="whsec_") as raised:
        keys_of(bad)
    assert bad.removeprefix("whsec_") == "" or bad not in str(raised.value)


def test_no_secret_is_no_key() -> None:
    assert keys_of("") == keys_of("  ") == ()


def test_the_id_names_the_delivery() -> None:
    assert webhook_id("<0193-ab_c@hire.example>") == "msg_0193-ab_c"


@given(st.text(alphabet=st.characters()))
def test_an_id_never_holds_what_would_blur_the_signed_text_or_break_a_header(message_id: str) -> None:
    ident = webhook_id(message_id)
    assert ident.isascii()
    assert ident.replace("-", "").replace("_", "").isalnum()
    assert len(ident) <= 104
    assert webhook_id(message_id) == ident


def test_the_lines_that_the_documents_give_to_receivers_verify_what_we_sign() -> None:
    (lines,) = [block.text for block in blocks_of("docs/how-to/receive-webhooks.md") if block.language == "python"]
    mine, body, now = secret(), b'{"type": "alert"}', int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature(keys_of(mine), "msg_1", now, body),
    }
    known: dict[str, object] = {"secret": mine, "request": SimpleNamespace(body=body, headers=headers)}
    exec(lines, known)  # noqa: S102 (the page's own lines)
    assert known["event"] == {"type": "alert"}
    with pytest.raises(WebhookVerificationError):
        exec(lines, {**known, "request": SimpleNamespace(body=body + b" ", headers=headers)})  # noqa: S102 (as above)
