"""The routes of the console, each with the least role that may use it."""

import re
from collections.abc import Iterable

from litestar import Litestar
from litestar.routes import HTTPRoute

from hireloop.access.roles import ROLE
from hireloop.access.tables import Role

Route = tuple[str, str]  # a method and a path with its parameters


def routes_of(application: Litestar) -> dict[Route, Role | None]:
    """Return every GET and POST of the console, but for its static files; None is who has not even signed in."""
    return {
        (str(method), route.path): handler.opt.get(ROLE)
        for route in application.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/console") and "/static/" not in route.path
        for method, (handler, _) in route.route_handler_map.items()
        if method in {"GET", "POST"}
    }


def known_route(routes: Iterable[Route], method: str, path: str) -> Route | None:
    """Return the route that answers to a request; one without parameters before one with them."""
    for route in sorted(routes, key=lambda one: "{" in one[1]):
        if route[0] == method and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", route[1]), path.rstrip("/") or "/"):
            return route
    return None
