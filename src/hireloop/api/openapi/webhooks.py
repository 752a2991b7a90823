"""The webhooks in the OpenAPI document: what a receiver gets, and the effect of its responses.

The data is described by the types that the notification hub writes; see docs/reference/transports.md and ADR 0020.
"""

from typing import Any, NamedTuple

import msgspec

from hireloop.api.openapi.components import Schemas
from hireloop.api.openapi.examples import example_of
from hireloop.notify.messages import (
    AlertMessage,
    ConfirmedMessage,
    DeclinedMessage,
    EnteredMessage,
    FinishedMessage,
    InterviewerUnreachableMessage,
    LateRequestMessage,
    NoShowMessage,
    RecruiterCopyMessage,
)
from hireloop.notify.rendering.webhook_payload import (
    AlertData,
    ConfirmedData,
    DeclinedData,
    EnteredData,
    FinishedData,
    InterviewerUnreachableData,
    LateRequestData,
    NoShowData,
    RecruiterCopyData,
)

_TEXT = {"type": "string"}


class _Webhook(NamedTuple):
    """One kind of message that is sent to webhooks, and the type of its data."""

    kind: str
    data: type[msgspec.Struct]
    prose: str

    @property
    def body(self) -> str:
        """The name of the body's schema."""
        return self.data.__name__.removesuffix("Data") + "Webhook"


_WEBHOOKS = (
    _Webhook(RecruiterCopyMessage.kind, RecruiterCopyData, "A booking was made, moved or cancelled."),
    _Webhook(LateRequestMessage.kind, LateRequestData, "A candidate was too late and has asked for another time."),
    _Webhook(ConfirmedMessage.kind, ConfirmedData, "The candidate, or a recruiter for them, has confirmed the time."),
    _Webhook(DeclinedMessage.kind, DeclinedData, "The candidate has cancelled the interview."),
    _Webhook(EnteredMessage.kind, EnteredData, "The candidate has entered the interview."),
    _Webhook(FinishedMessage.kind, FinishedData, "The interview has finished."),
    _Webhook(NoShowMessage.kind, NoShowData, "A candidate did not come. There is one webhook for each such candidate."),
    _Webhook(
        InterviewerUnreachableMessage.kind,
        InterviewerUnreachableData,
        "A message to an interviewer was rejected, or has bounced.",
    ),
    _Webhook(AlertMessage.kind, AlertData, "A delivery is at risk or has failed, or a channel is held."),
)
TYPES: list[Any] = [webhook.data for webhook in _WEBHOOKS]
_PROSE = """\
{}

Webhooks are signed according to Standard Webhooks 1.0. Verify the signature with one of its libraries before you use
the data. The same webhook may arrive twice, with the same `webhook-id`. It never contains a link that opens an
interview, nor a candidate's address. New kinds and fields may be added: ignore those that you do not know."""
_HEADERS = [
    (
        "webhook-id",
        True,
        "The ID of the webhook, the same for every attempt.",
        _TEXT,
        "msg_01990000-0000-7000-8000-000000000007",
    ),
    ("webhook-timestamp", True, "The time of this attempt, in seconds since 1970.", _TEXT, "1795258800"),
    (
        "webhook-signature",
        True,
        "`v1,` and the base64 HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, or several, space-separated.",
        _TEXT,
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
    (
        "traceparent",
        False,
        "The trace of the booking (W3C).",
        _TEXT,
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
]
_TRIES_AGAIN = "The webhook is sent again later, not before `Retry-After`."
_HOLDS = (
    "The URL or the secret is wrong. The channel is held and probed, at growing intervals of at most one minute, until "
    "this is fixed."
)
_MAY_HOLD = (
    "The URL or the secret may be wrong. The webhook is sent again later; the second such response in a row holds the "
    "channel. If a webhook gets one again after another webhook was accepted, it is rejected."
)
_RESPONSES = {
    "2XX": "Accepted. Respond within 20 s. No body is needed.",
    "3XX": f"{_HOLDS} Redirects are not followed.",
    "400": _MAY_HOLD,
    "401": _HOLDS,
    "402": _HOLDS,
    "403": _MAY_HOLD,
    "404": _MAY_HOLD,
    "405": _HOLDS,
    "407": _HOLDS,
    "408": _TRIES_AGAIN,
    "410": _HOLDS,
    "425": _TRIES_AGAIN,
    "429": _TRIES_AGAIN,
    "4XX": "Rejected permanently. The webhook is not sent again.",
    "5XX": _TRIES_AGAIN,
}


def webhooks(components: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return each webhook by the kind of its message; `components` has the schemas of their bodies, too."""
    return {webhook.kind: {"post": _operation(webhook, components)} for webhook in _WEBHOOKS}


def bodies(schemas: Schemas) -> dict[str, dict[str, Any]]:
    """Return the schema of each webhook's body: the data of its message in what the transport puts around it."""
    return {
        webhook.body: {
            "title": webhook.body,
            "description": f"{webhook.prose} This is the body that a webhook receiver gets.",
            "type": "object",
            "properties": {
                "type": {"type": "string", "const": webhook.kind},
                "data": schemas.of(webhook.data),
                "timestamp": {
                    "type": "string",
                    "format": "date-time",
                    "description": "The time of the event, the same for every attempt.",
                    "examples": ["2026-11-21T11:00:00.123000Z"],
                },
            },
            "required": ["type", "data", "timestamp"],
        }
        for webhook in _WEBHOOKS
    }


def _operation(webhook: _Webhook, components: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{webhook.body}"}
    content = {"schema": schema, "example": example_of(schema, components)}
    return {
        "tags": ["webhooks"],
        "summary": webhook.kind.replace("_", " ").capitalize(),
        "description": _PROSE.format(webhook.prose),
        "operationId": f"receive_{webhook.kind}",
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": required, "description": said, "schema": schema, "example": one}
            for name, required, said, schema, one in _HEADERS
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"description": said} for status, said in _RESPONSES.items()},
    }
