"""The invitation's link in the OpenAPI document: the one page of the portal that programs meet.

What stands behind it is for people. The portal itself is another door, of which the API knows nothing: a test holds
its answers against this.
"""

from typing import Any

_TEXT = {"type": "string"}
_PAGE = {"text/html": {"schema": _TEXT}}
_NEVER_KEPT = {"Cache-Control": {"description": "`no-store`", "schema": _TEXT}}
_DESCRIPTION = """\
Open an invitation's link, which is `portal_url` of a booking's session.

It exchanges the session key for a cookie and leads to the interview's page, and changes nothing: mail scanners may
follow it. To see whether a link still opens, look at the status and follow no redirect. A wrong key may be answered
late. HEAD answers as GET does. Needs no key of the API."""
_SESSION_KEY = {
    "name": "session_key",
    "in": "query",
    "required": False,
    "description": "The session key of the invitation. Without one the answer is a page that points to the invitation.",
    "schema": _TEXT,
}


def paths() -> dict[str, dict[str, Any]]:
    """Return the path of the invitation's link with what it answers."""
    led_on = {
        "Location": {
            "description": "The interview's page, which needs the cookie.",
            "schema": {"type": "string", "format": "uri-reference"},
        },
        "Set-Cookie": {"description": "The session key, for this session's pages alone.", "schema": _TEXT},
    }
    return {
        "/": {
            "get": {
                "tags": ["portal"],
                "summary": "Open link",
                "description": _DESCRIPTION,
                "operationId": "open_link",
                "security": [],
                "parameters": [_SESSION_KEY],
                "responses": {
                    "200": _page("A page that points to the invitation: there was no `session_key`."),
                    "303": {"description": "The link opens.", "headers": {**led_on, **_NEVER_KEPT}},
                    "404": _page("No such link: the key was forged or altered, or its session is gone."),
                    "410": _page("The link was replaced or withdrawn: there is a newer mail, or none."),
                    "414": _sentence("The address is too long."),
                    "431": _sentence("The cookies are too long."),
                    "500": _page("Our mistake."),
                    "503": _page("The database does not answer.", {"Retry-After": _RETRY_AFTER}),
                },
            }
        }
    }


_RETRY_AFTER = {"$ref": "#/components/headers/RetryAfter"}


def _page(description: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description, "headers": {**_NEVER_KEPT, **(headers or {})}, "content": _PAGE}


def _sentence(description: str) -> dict[str, Any]:
    return {"description": description, "headers": _NEVER_KEPT, "content": {"text/plain": {"schema": _TEXT}}}
