"""Sign in with an API key, and out: the only pages of the console that everybody sees."""

import re
from urllib.parse import urlsplit

from litestar import Response

from hireloop import errors
from hireloop.access import sign_ins
from hireloop.access.refusals import note
from hireloop.access.roles import actor_of
from hireloop.access.tables import SignInEnd
from hireloop.console import gate, labels, render
from hireloop.console.gate import CsrfError, SignInOver, pressed
from hireloop.console.reader.choices import said_to
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.forms import fields_of
from hireloop.wording.phrases import phrase

HOME = "/console/"
PATH = "/console/sign-in/"
# Letters, digits and a few signs: nothing that a browser could read as another host, or as a way up.
_OURS = re.compile(r"/console/(?:[A-Za-z0-9_-]+/)*(?:\?[A-Za-z0-9=&_:-]*)?")
_LONGEST_NEXT = 300
_UNKNOWN = phrase("This API key is unknown, has expired or has been revoked. Check it and enter it again.")
_EMPTY = phrase("Enter your API key. It begins with hl_.")


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for an API key; say why if the browser's sign-in has ended, and remove its cookie."""
    goal, ended = safe_next(request.query_params.get("next")), await gate.why_ended(request)
    if ended is None:
        return _form(request, goal, done=render.done_of(request))
    response = _form(request, goal, ended=_why(request, ended))
    response.set_cookie(gate.no_cookie(request))
    return response


async def enter(request: AnyRequest) -> Response[bytes]:
    """Exchange the key for a cookie, and lead to where its holder was going; a bad one is asked for again."""
    if not await gate.is_signing_in_here(request):
        note(request, WhyRefused.CSRF)
        raise CsrfError
    fields = await fields_of(request)
    goal, key = safe_next(fields.get("next")), fields.get("key", "").strip()
    if not key:
        return _form(request, goal, wrong=_EMPTY)
    try:
        cookie = await gate.exchange(request, key)
    except errors.NotSignedIn:
        return _form(request, goal, wrong=_UNKNOWN)
    return render.see_other(goal, cookie)


async def leave(request: AnyRequest) -> Response[bytes]:
    """End the sign-in for every copy of its cookie, and remove the cookie and the stored pages from this browser."""
    await pressed(request)
    await sign_ins.end(gate.user_of(request).sign_in, SignInEnd.SIGNED_OUT, by=actor_of(request))
    response = render.see_other(PATH, gate.no_cookie(request), done="signed-out")
    response.headers["Clear-Site-Data"] = '"cache"'  # not "cookies": a candidate's may be beside it
    return response


def over(request: AnyRequest, error: SignInOver) -> Response[bytes]:
    """Respond to a request whose sign-in has ended: to a form with the reason and what was typed, else redirect."""
    if request.method in {"GET", "HEAD"}:
        return lead_in(request)  # whose page says why
    goal = safe_next(_path_in(request.headers.get("referer", "")))
    response = _form(request, goal, ended=_why(request, error.ended), typed=error.typed, was_press=True)
    response.set_cookie(gate.no_cookie(request))
    return response


def _why(request: AnyRequest, ended: str) -> str:
    idle_minutes = context_of(request).settings.console_idle_minutes
    return labels.ended(ended, idle_minutes=idle_minutes, said=said_to(request))


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


def _form(
    request: AnyRequest,
    goal: str,
    *,
    wrong: str = "",
    done: str = "",
    ended: str = "",
    typed: str = "",
    was_press: bool = False,
) -> Response[bytes]:
    return render.page(
        request,
        "sign_in",
        status_code=403 if wrong or was_press else 200,
        goal=goal,
        wrong=wrong,
        done=done,
        ended=ended,
        typed=typed,
        was_press=was_press,
    )
