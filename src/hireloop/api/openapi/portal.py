"""The invitation's link in the OpenAPI document: the one page of the portal that programs may request.

The pages behind it are for people. The portal itself is a separate door that the API does not depend on; a test
compares its responses with this description.
"""

from typing import Any

_TEXT = {"type": "string"}
_PAGE = {"text/html": {"schema": _TEXT}}
_NEVER_KEPT = {"Cache-Control": {"description": "`no-store`", "schema": _TEXT}}
_DESCRIPTION = """\
Open the link in an invitation, which is the `portal_url` of a booking's session.

It exchanges the session key for a cookie and redirects to the interview's page. It changes nothing, so mail scanners
may follow it. The status shows whether the key is genuine and current. A link that was revoked, or whose time has
passed, also redirects, to a page that says so. The response to an invalid key may be delayed. HEAD returns the same
status as GET. Requires no API key."""
_SESSION_KEY = {
    "name": "session_key",
    "in": "query",
    "required": False,
    "description": "The session key of the invitation. Without it, the response is a page about the invitation.",
    "schema": _TEXT,
}


def paths() -> dict[str, dict[str, Any]]:
    """Return the path of the invitation's link with its responses."""
    led_on = {
        "Location": {
            "description": "The interview's page, which requires the cookie.",
            "schema": {"type": "string", "format": "uri-reference"},
        },
        "Set-Cookie": {"description": "The session key, for the pages of this session only.", "schema": _TEXT},
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
                    "200": _page("A page that refers to the invitation, since there was no `session_key`."),
                    "303": {"description": "The key is genuine and current.", "headers": {**led_on, **_NEVER_KEPT}},
                    "400": _sentence("The request does not name exactly one host."),
                    "404": _page(
                        "The link is invalid: its key was forged or altered, or its session no longer exists."
                    ),
                    "410": _page("The link was replaced by one in a newer email."),
                    "414": _sentence("The URL is too long."),
                    "431": _sentence("The cookies are too long."),
                    "500": _page("An internal error occurred."),
                    "503": _page("The database is unavailable.", {"Retry-After": _RETRY_AFTER}),
                },
            }
        }
    }


_RETRY_AFTER = {"$ref": "#/components/headers/RetryAfter"}


def _page(description: str, headers: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": description, "headers": {**_NEVER_KEPT, **(headers or {})}, "content": _PAGE}


def _sentence(description: str) -> dict[str, Any]:
    return {"description": description, "headers": _NEVER_KEPT, "content": {"text/plain": {"schema": _TEXT}}}
