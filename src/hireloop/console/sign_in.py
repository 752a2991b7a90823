"""Sign in with an API key, and out: the only pages of the console that everybody sees."""

import re
from urllib.parse import urlsplit

from litestar import Response

from hireloop import errors
from hireloop.access.refusals import note
from hireloop.console import gate, render
from hireloop.console.gate import CsrfError, pressed
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest
from hireloop.web.forms import fields_of

HOME = "/console/"
PATH = "/console/sign-in/"
# Letters, digits and a few signs: nothing that a browser could read as another host, or as a way up.
_OURS = re.compile(r"/console/(?:[A-Za-z0-9_-]+/)*(?:\?[A-Za-z0-9=&_:-]*)?")
_LONGEST_NEXT = 300
_UNKNOWN = "This API key is unknown or has been revoked. Check it and enter it again."
_EMPTY = "Enter your API key. It begins with hl_."


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for an API key."""
    return _form(safe_next(request.query_params.get("next")), said=render.done_of(request))


async def enter(request: AnyRequest) -> Response[bytes]:
    """Exchange the key for a cookie, and lead to where its holder was going; a bad one is asked for again."""
    if not await gate.is_signing_in_here(request):
        note(request, WhyRefused.CSRF)
        raise CsrfError
    fields = await fields_of(request)
    goal, key = safe_next(fields.get("next")), fields.get("key", "").strip()
    if not key:
        return _form(goal, wrong=_EMPTY)
    try:
        cookie = await gate.exchange(request, key)
    except errors.NotSignedIn:
        return _form(goal, wrong=_UNKNOWN)
    return render.see_other(goal, cookie)


async def leave(request: AnyRequest) -> Response[bytes]:
    """Take the cookie away."""
    await pressed(request)
    return render.see_other(PATH, gate.no_cookie(request), done="signed-out")


def safe_next(text: str | None) -> str:
    """Return this path if it is a page of the console to go on to, else the first one; it says nothing done again."""
    if text is None or len(text) > _LONGEST_NEXT or not _OURS.fullmatch(text) or text.startswith(PATH):
        return HOME
    path, _, query = text.partition("?")
    return path if "done=" in query else text


def lead_in(request: AnyRequest) -> Response[bytes]:
    """Lead to the sign-in and, after it, back to the page that was asked for, or to the one that a press was on."""
    if request.method in {"GET", "HEAD"}:
        query = request.scope["query_string"].decode("latin-1")
        goal = safe_next(f"{request.scope['path'].rstrip('/')}/" + (f"?{query}" if query else ""))
        return render.see_other(PATH, **({"next": goal} if goal != HOME else {}))
    goal = safe_next(_path_in(request.headers.get("referer", "")))
    return render.see_other(PATH, **({"next": goal} if goal != HOME else {}), done="ended")


def _path_in(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # such as `http://[`
        return ""


def _form(goal: str, *, wrong: str = "", said: str = "") -> Response[bytes]:
    return render.page("sign_in", status_code=403 if wrong else 200, goal=goal, wrong=wrong, said=said)
