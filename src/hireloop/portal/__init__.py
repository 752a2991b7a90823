"""The door for candidates: the pages behind the link in the invitation."""

from hireloop.portal.routes import HEADERS, error_page, routes

__all__ = ["HEADERS", "error_page", "routes"]
