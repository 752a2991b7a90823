"""The health checks in the OpenAPI document: the paths beside the API that load balancers and monitors ask."""

from inspect import getdoc
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from hireloop.api import health
from hireloop.api.openapi.components import Schemas
from hireloop.api.openapi.problems import EVERY_HEADER, REFUSED_ANYWHERE

_CHECKS: dict[str, tuple[HTTPRouteHandler, str]] = {
    "live": (health.live, "For tools that restart a process that hangs."),
    "ready": (health.ready, "For load balancers that decide which process gets requests."),
    "delivery": (health.delivery, "For alerts. Even if it is failing, this process can serve requests."),
}

_OK = health.HealthResponse(status="ok", reasons=[], warnings=[])
_FAILING = health.HealthResponse(
    status="failing", reasons=["No worker has reported recently. Start `hireloop work`."], warnings=[]
)


def paths(schemas: Schemas) -> dict[str, dict[str, Any]]:
    """Return the paths of the health checks with their responses; none needs a key."""
    return {f"/health/{name}": {"get": _operation(name, schemas)} for name in _CHECKS}


def _operation(name: str, schemas: Schemas) -> dict[str, Any]:
    handler, whom_for = _CHECKS[name]
    ok = {"200": _response(schemas, "The check passed. `warnings` do not make it fail.", _OK)}
    failing = {"503": _response(schemas, "The check failed for these `reasons`.", _FAILING)} if name != "live" else {}
    return {
        "tags": ["health"],
        "summary": f"Check {name}",
        "description": f"{getdoc(handler.fn)}\n\n{whom_for} Requires no API key.",
        "operationId": f"check_{name}",
        "security": [],
        "parameters": [],
        "responses": {**ok, **REFUSED_ANYWHERE, **failing},
    }


def _response(schemas: Schemas, description: str, example: health.HealthResponse) -> dict[str, Any]:
    content = {"schema": schemas.of(health.HealthResponse), "example": msgspec.to_builtins(example)}
    return {
        "description": description,
        "headers": {**EVERY_HEADER, "Cache-Control": {"description": "`no-store`", "schema": {"type": "string"}}},
        "content": {"application/json": content},
    }
