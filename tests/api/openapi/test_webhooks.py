"""Webhooks as they are sent, and the answers as they are taken, are what the OpenAPI document says."""

import base64
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from api.documented import Documented
from hireloop.notify import messages
from hireloop.notify.messages import AlertCause, AlertMessage, Message
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Evidence, Held, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.http_replies import outcome_of_status
from hireloop.notify.transports.webhook.webhook import WebhookTransport
from hireloop.settings import Settings
from servers.http import Received, ScriptedHttpServer

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
KINDS = sorted(messages.KNOWN_KINDS - messages.PARTY_KINDS)
RENDERER = Renderer(
    secret="a secret of at least thirty-two characters",
    base_url="https://hire.example",
    sender="interviews@hire.example",
    zone=ZoneInfo("Asia/Kolkata"),
    locale="en",
    trace_ui_url="",
)


def sent(message: Message) -> Received:
    """Return the request that a receiver gets."""
    values: dict[str, Any] = {"_env_file": None, "webhook_secret": SECRET, "webhook_allow_private": True}
    with ScriptedHttpServer() as server:
        outcome = WebhookTransport(f"{server.url}/hooks", Settings(**values)).send(preview.rendered(message, RENDERER))
    assert isinstance(outcome, Sent)
    return server.received[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_webhook_is_what_the_document_says(kind: str, documented: Documented) -> None:
    received = sent(preview.sample(kind))
    assert documented.webhook_faults(received.headers, msgspec.json.decode(received.body)) == []


def test_an_alert_about_a_channel_is_what_the_document_says(documented: Documented) -> None:
    about_a_channel = AlertMessage(
        cause=AlertCause.HELD, subject="email since noon", channel="email", reason="sign_in_refused", send_to=None
    )
    body = msgspec.json.decode(sent(about_a_channel).body)
    assert body["data"]["schedule"] is None
    assert documented.faults({"$ref": "#/components/schemas/AlertWebhook"}, body) == []


def test_what_is_no_webhook_of_ours_does_not_fit(documented: Documented) -> None:
    received = sent(preview.sample("recruiter_copy"))
    body = msgspec.json.decode(received.body)
    unsigned = {name: value for name, value in received.headers.items() if name.lower() != "webhook-signature"}
    assert documented.webhook_faults(unsigned, body) == ["webhook-signature is missing"]
    assert documented.webhook_faults(received.headers, {**body, "timestamp": "noon"}) != []
    assert documented.webhook_faults(received.headers, {**body, "data": {}}) != []


@pytest.mark.parametrize(
    "status", [200, 204, 301, 307, 400, 401, 402, 403, 404, 405, 407, 408, 410, 413, 422, 425, 429, 500, 503]
)
def test_an_answer_comes_to_what_the_document_says(status: int, documented: Documented) -> None:
    comes_to = outcome_of_status(Evidence(phase=Phase.HTTP, code=status), None, datetime.now(UTC))
    words = {Sent: "^Accepted", Retry: "sent again later", Held: "channel is held", Rejected: "not sent again"}
    for webhook in documented.webhooks.values():
        answers = webhook["responses"]
        said = answers.get(str(status)) or answers[f"{status // 100}XX"]
        assert re.search(words[type(comes_to)], said["description"])
