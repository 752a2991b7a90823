"""The door for recruiters and operators: pages behind an API key, without a build step and without script."""

from hireloop.console.routes import HEADERS, error_page, routes

__all__ = ["HEADERS", "error_page", "routes"]
