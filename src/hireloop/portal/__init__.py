"""The door for candidates: the pages behind the link in the invitation."""

from hireloop.portal.routes import error_page, routes

__all__ = ["error_page", "routes"]
