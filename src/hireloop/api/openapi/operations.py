"""The API's operations, as read from their handlers' signatures: parameters, body, response and role."""

from collections.abc import Iterator
from inspect import getdoc
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, PathParameter, QueryParameter
from litestar.routes import HTTPRoute

from hireloop import errors
from hireloop.access.roles import ROLE
from hireloop.access.tables import Role
from hireloop.api.documented import AGAIN, BODIES, REFUSALS
from hireloop.web.json_bodies import without_none

_JSON = "application/json"
_IN = {PathParameter: "path", QueryParameter: "query", HeaderParameter: "header"}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter; `type` is never None's, as a query cannot hold it."""

    name: str
    place: str
    type: Any
    required: bool
    default: Any = None
    description: str = ""


class DescribedOperation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path; `bodies` are types by media type, `response` is the type of its success."""

    name: str
    method: str
    path: str
    tag: str
    prose: str
    least_role: Role
    parameters: list[Parameter]
    bodies: dict[str, Any]
    needs_body: bool
    status: int
    response: Any
    again: str | None
    refusals: tuple[type[errors.HireLoopError], ...]

    @property
    def names_one_thing(self) -> bool:
        """Return whether its path has an id."""
        return any(parameter.place == "path" for parameter in self.parameters)


def operations_of(app: Litestar) -> list[DescribedOperation]:
    """Return every operation of the application that belongs into the document, by path."""
    found = [
        _described(route, handler, method)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.resolve_include_in_schema()
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    ]
    return sorted(found, key=lambda one: (one.path, one.method))


def _described(route: HTTPRoute, handler: HTTPRouteHandler, method: str) -> DescribedOperation:
    body = handler.parsed_data_field
    bodies = handler.opt.get(BODIES) or ({_JSON: without_none(body.annotation)} if body else {})
    return DescribedOperation(
        name=handler.handler_name,
        method=method.lower(),
        path=f"{route.path_format}/",  # as everywhere in words; both are served
        tag=next((tag for layer in handler.ownership_layers for tag in layer.tags or ()), ""),
        prose=getdoc(handler.fn) or "",
        least_role=handler.opt.get(ROLE, Role.ADMIN),
        parameters=list(_parameters(handler)),
        bodies=bodies,
        needs_body=bool(bodies) and not (body is not None and _may_be_none(body.annotation)),
        status=handler.status_code,
        response=_response(handler.parsed_return_field.annotation),
        again=handler.opt.get(AGAIN),
        refusals=handler.opt.get(REFUSALS, ()),
    )


def _parameters(handler: HTTPRouteHandler) -> Iterator[Parameter]:
    # The signature's model holds the constraints by which Litestar judges a request.
    types = get_type_hints(handler.signature_model, include_extras=True)
    for name, field in handler.parsed_fn_signature.parameters.items():
        said = field.kwarg_definition
        place = _IN.get(type(said))  # type: ignore[arg-type] # of any other type: no parameter
        if place is None or said is None:
            continue
        yield Parameter(
            name=getattr(said, "name", None) or name,
            place=place,
            type=without_none(types[name]),
            required=place == "path",
            default=field.default if field.has_default else None,
            description=getattr(said, "description", None) or "",
        )


def _response(annotation: Any) -> Any:  # noqa: ANN401 (types, as values)
    return get_args(annotation)[0] if get_origin(annotation) is Response else annotation


def _may_be_none(annotation: Any) -> bool:  # noqa: ANN401 (types, as values)
    return NoneType in get_args(annotation)
