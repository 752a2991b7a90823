"""The OpenAPI 3.1 document, made from routes, request and response types, and `web.problems`; see ADR 0032."""

from collections.abc import Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Any

import msgspec
from litestar import Litestar, Response, get

from hireloop import errors
from hireloop.api.health import HealthResponse
from hireloop.api.openapi import health, portal, problems, webhooks
from hireloop.api.openapi.components import Schemas
from hireloop.api.openapi.links import links_of, names_one_thing
from hireloop.api.openapi.operations import DescribedOperation, Parameter, operations_of
from hireloop.api.openapi.parameters import sentence_of
from hireloop.api.openapi.problems import EVERY_HEADER
from hireloop.scheduling import fields
from hireloop.web.context import AnyRequest
from hireloop.web.problems import Problem
from hireloop.web.static_files import StaticFile

_STATE_NAME, _FILE_NAME = "openapi_document", "openapi_file"
_MEDIA_TYPE = "application/vnd.oai.openapi+json"
_KEY = "key"
_TITLE, _VERSION = "HireLoop", "1"
_LICENSE = {"name": "Apache License 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
_DESCRIPTION = """\
HireLoop schedules interviews, and never loses an invitation silently.

Send `Authorization: Bearer hl_…`. Trailing slashes are optional. Times are RFC 3339 with an offset. Unknown fields are
refused. Every error is a problem (RFC 9457). Its `code` identifies it, and its `type` is the URL of a page about it."""
_TAGS = {
    "candidates": "The people who are interviewed. A candidate is identified by their address, ignoring case.",
    "jobs": "The jobs that candidates are interviewed for. A job is identified by title and company, ignoring case.",
    "interviews": "Interviews of candidates for jobs, whether booked or not.",
    "slots": "Slots of time with seats, and booking interviews into them.",
    "schedules": "Bookings: an interview in a slot, with its session and its invitation.",
    "sessions": "The candidates' access to their interviews: links, device checks, and when they entered and left.",
    "notifications": "What was sent, what failed and why, the channels, and the ledger.",
    "keys": "API keys, for admins.",
    "audit": "Who did what and when, with which key.",
    "health": "Whether a process runs, can serve requests, and sends messages. For load balancers and alerts.",
    "portal": "The link in an invitation. It leads to pages for candidates.",
    "webhooks": "The requests that your own server receives if its URL is in `WEBHOOK_URLS`.",
}
_TEXT = {"type": "string"}
_SHARED_PARAMETERS = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A unique string of your choice for each new request. If the same request is repeated with the "
        "same key within 24 hours, it is done only once and gets the same response.",
        "schema": {**_TEXT, "maxLength": 255, "pattern": "^[!#-~]([ -~]*[!-~])?$"},
        "example": "5f0c6a3e-booking",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` that you last read. The response is 412 if the resource has changed since.",
        "schema": _TEXT,
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` that you have. The response is 304 without a body if the resource has not changed.",
        "schema": _TEXT,
    },
}
_SHARED_HEADERS = {
    "ETag": {"description": "The entity tag of this response, for `If-None-Match` and `If-Match`.", "schema": _TEXT},
    "Location": {
        "description": "The URL of the resource.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "IdempotencyReplayed": {
        "description": "`true` if this is the stored response to an earlier request; see `Idempotency-Key`.",
        "schema": _TEXT,
    },
    "XRequestID": {"description": "The `X-Request-ID` of the request, or a new one if it had none.", "schema": _TEXT},
    "RetryAfter": {
        "description": "The number of seconds to wait before trying again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "TraceResponse": {
        "description": "The trace of this request, as in W3C `traceresponse`. Quote it when you ask for help.",
        "schema": _TEXT,
    },
}


@get("/schema/openapi.json", include_in_schema=False, sync_to_thread=False)
def document(request: AnyRequest) -> Response[bytes]:
    """Serve the document as JSON."""
    state = request.app.state
    if _FILE_NAME not in state:
        state[_FILE_NAME] = StaticFile.of(msgspec.json.encode(document_of(request.app)), _MEDIA_TYPE)
    file: StaticFile = state[_FILE_NAME]
    return file.response(request)


def document_of(app: Litestar) -> dict[str, Any]:
    """Return the document of this application, made once."""
    if _STATE_NAME not in app.state:
        app.state[_STATE_NAME] = _document(operations_of(app))
    document: dict[str, Any] = app.state[_STATE_NAME]
    return document


def _document(operations: Sequence[DescribedOperation]) -> dict[str, Any]:
    schemas = Schemas(
        [
            Problem,
            HealthResponse,
            *webhooks.TYPES,
            *(kind for operation in operations for kind in _types_of(operation)),
        ]
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, schemas, operations)
    components = schemas.components | webhooks.bodies(schemas)
    components["Problem"]["properties"]["code"]["x-extensible-enum"] = problems.known_codes(operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": _VERSION, "description": _DESCRIPTION, "license": _LICENSE},
        "servers": [{"url": "/", "description": "The server that serves this document."}],
        "security": [{_KEY: []}],
        "tags": [{"name": name, "description": said} for name, said in _TAGS.items()],
        "paths": {**paths, **health.paths(schemas), **portal.paths()},
        "webhooks": webhooks.webhooks(components),
        "components": {
            "schemas": dict(sorted(components.items())),
            "parameters": _SHARED_PARAMETERS,
            "headers": _SHARED_HEADERS,
            "responses": _shared_responses(operations),
            "securitySchemes": {_KEY: {"type": "http", "scheme": "bearer", "description": "An API key, `hl_…`."}},
        },
    }


def _types_of(operation: DescribedOperation) -> list[Any]:
    return [
        *operation.bodies.values(),
        *(parameter.type for parameter in operation.parameters),
        *([operation.response] if operation.response is not type(None) else []),
    ]


def _operation(operation: DescribedOperation, schemas: Schemas, every: Sequence[DescribedOperation]) -> dict[str, Any]:
    needs = f"Requires an API key with the role `{operation.least_role.value}`."
    return {
        "tags": [operation.tag],
        "summary": operation.name.replace("_", " ").capitalize(),
        "description": f"{operation.prose}\n\n{needs}",
        "operationId": operation.name,
        "parameters": [
            *(_parameter(operation, one, schemas) for one in operation.parameters),
            *_shared_parameters(operation),
        ],
        **({"requestBody": _body(operation, schemas)} if operation.bodies else {}),
        "responses": {**_successes(operation, schemas, every), **_problems(operation)},
    }


def _shared_parameters(operation: DescribedOperation) -> list[dict[str, Any]]:
    wanted = {
        "IdempotencyKey": operation.method == "post",
        "IfMatch": errors.ChangedSince in operation.refusals or operation.method == "get",
        "IfNoneMatch": operation.method == "get",
    }
    return [{"$ref": f"#/components/parameters/{name}"} for name, is_wanted in wanted.items() if is_wanted]


def _parameter(operation: DescribedOperation, parameter: Parameter, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of(parameter.type)
    if schema.keys() <= {"type", "description"} and schema["type"] == "string":
        schema |= {"minLength": 1, "pattern": fields.STORABLE}  # what `strict_requests` asks of every query
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description or sentence_of(operation.name, parameter.name),
        "schema": schema if parameter.default is None else {**schema, "default": parameter.default},
    }


def _body(operation: DescribedOperation, schemas: Schemas) -> dict[str, Any]:
    content = {media_type: schemas.content_of(kind) for media_type, kind in operation.bodies.items()}
    return {"required": operation.needs_body, "content": content}


def _successes(
    operation: DescribedOperation, schemas: Schemas, every: Sequence[DescribedOperation]
) -> dict[str, dict[str, Any]]:
    headers: dict[str, Any] = dict(EVERY_HEADER)
    if operation.response is type(None):
        return {str(operation.status): {"description": "Done. The response has no body.", "headers": headers}}
    links = links_of(operation, every)
    content = {
        "content": {"application/json": schemas.content_of(operation.response)},
        **({"links": links} if links else {}),
    }
    if operation.method == "get":
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
        unchanged = {"description": "Nothing has changed since the `ETag` in `If-None-Match`.", "headers": headers}
        return {"200": {"description": "OK.", "headers": headers, **content}, "304": unchanged}
    if operation.method == "post":
        headers["Idempotency-Replayed"] = {"$ref": "#/components/headers/IdempotencyReplayed"}
    if operation.status != 201:  # noqa: PLR2004 (Created)
        return {str(operation.status): {"description": "Done.", "headers": headers, **content}}
    if names_one_thing(operation.response):
        headers["Location"] = {"$ref": "#/components/headers/Location"}
    created = {"201": {"description": "Created.", "headers": headers, **content}}
    return created | (
        {"200": {"description": operation.again, "headers": headers, **content}} if operation.again else {}
    )


def _problems(operation: DescribedOperation) -> dict[str, dict[str, Any]]:
    responses = {}
    for status, group in groupby(problems.problems_of(operation), key=lambda problem: problem.status):
        found = list(group)
        shared = {"$ref": f"#/components/responses/{problems.name_of(found)}"}
        responses[str(status)] = shared if _is_shared(found) else problems.response_of(found)
    return responses


def _is_shared(found: Sequence[Problem]) -> bool:
    """Return whether other operations have the same problems, too: conflicts are each operation's own."""
    return len(found) == 1 or found[0].status != HTTPStatus.CONFLICT


def _shared_responses(operations: Sequence[DescribedOperation]) -> dict[str, Any]:
    """Return the responses that many operations share."""
    shared = {}
    for operation in operations:
        for _, group in groupby(problems.problems_of(operation), key=lambda problem: problem.status):
            found = list(group)
            if _is_shared(found):
                shared[problems.name_of(found)] = problems.response_of(found)
    return dict(sorted(shared.items()))
