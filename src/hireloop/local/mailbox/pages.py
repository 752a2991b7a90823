"""The development mailbox in a browser, at `/dev/mailbox`.

What a mail holds is a stranger's text: the pages escape it, its HTML lives in a sandboxed frame without scripts,
forms or anything fetched from elsewhere, and its files are only ever downloaded.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from litestar import MediaType, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_401_UNAUTHORIZED, HTTP_404_NOT_FOUND
from markupsafe import Markup

from hireloop.access.refusals import note
from hireloop.local.mailbox import gate
from hireloop.local.mailbox.gate import PATH, TICKET
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.mail_view import MailView
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest
from hireloop.web.forms import fields_of
from hireloop.web.templates import Templates

_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "mailbox.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_templates = Templates("mailbox", _FOLDER, path=PATH, style=Markup(_STYLE))  # noqa: S704 (a file of ours)

_POLICY = "Content-Security-Policy"
_PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    _POLICY: _PAGE_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_KEY_POLICY = _PAGE_POLICY.replace("form-action 'none'", "form-action 'self'")
_CLOSED_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
# A press on a link opens a new tab that is not sandboxed: that is how one follows an invitation.
_OURS = re.compile(re.escape(PATH) + r"(?:/(?!\.)[A-Za-z0-9._=,:+-]*)*")
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def mailbox_router(folder: Path, *, forget: Callable[[], Awaitable[None]] | None = None) -> Router:
    """Return the pages of the mailbox that keeps its mail in `folder`, behind its gate.

    `forget` runs before anything is shown, and deletes what must not be.
    """
    mail = MailFolder(folder)

    async def admit(request: AnyRequest) -> Response[Any] | None:
        kept_out = await _admit(request)
        if kept_out is None and forget is not None:
            await forget()
        return kept_out

    return Router(
        PATH,
        route_handlers=[list_page, message_page, html_part, source, file, sign_in],
        dependencies={"mail": Provide(lambda: mail, sync_to_thread=False)},
        before_request=admit,
        include_in_schema=False,
    )


async def _admit(request: AnyRequest) -> Response[Any] | None:
    """Let a request through, or respond to it: with the cookie for a ticket, else by asking for a key.

    Only requests to this machine's own names are served: another site's name for it could be a page that reads along.
    """
    if not _is_own_name(request):
        note(request, WhyRefused.BAD_HOST)
        return _gone()
    ticket = request.query_params.get(TICKET)
    if ticket is not None and gate.takes(request, ticket):
        return _onward(request.scope["path"], gate.new_cookie(request))
    if request.method == "POST" or await gate.is_open_to(request):
        return None
    if ticket is not None:
        note(request, WhyRefused.FORGED_LINK)
    late = "This link is older than 12 hours, or belongs to another installation." if ticket is not None else ""
    return _ask_for_key(request.scope["path"], wrong=late)


def _is_own_name(request: AnyRequest) -> bool:
    try:
        return request.url.hostname in _OWN_NAMES and request.url.port != 0
    except ValueError:  # a port that is none
        return False


@post("/sign-in")
async def sign_in(request: AnyRequest) -> Response[Any]:
    """Exchange an admin's API key for the cookie, and lead to the mail that was asked for."""
    fields = await fields_of(request)
    goal = fields.get("next", "")
    if await gate.takes_key(request, fields.get("key", "").strip()):
        return _onward(goal, gate.new_cookie(request))
    return _ask_for_key(goal, wrong="This is not an API key with the role admin, or it has been revoked.")


def _onward(path: str, cookie: Cookie) -> Response[None]:
    """Lead to a page of the mailbox, without the ticket in its address."""
    to = quote(path) if _OURS.fullmatch(path) else PATH
    return Response(
        None, status_code=HTTP_303_SEE_OTHER, headers={_POLICY: _CLOSED_POLICY, "Location": to}, cookies=[cookie]
    )


def _ask_for_key(goal: str, *, wrong: str) -> Response[str]:
    page = _page("key", status=HTTP_401_UNAUTHORIZED, goal=goal if _OURS.fullmatch(goal) else PATH, wrong=wrong)
    page.headers[_POLICY] = _KEY_POLICY
    return page


@get("/", sync_to_thread=True)
def list_page(mail: NamedDependency[MailFolder]) -> Response[str]:
    """Show every message, the newest first."""
    return _page("list", views=[MailView(message) for message in mail.messages()])


@get("/{mail_id:str}", sync_to_thread=True)
def message_page(mail: NamedDependency[MailFolder], mail_id: FromPath[str]) -> Response[str]:
    """Show one message: envelope, headers, text, HTML in a frame, files."""
    view = _find(mail, mail_id)
    return _gone() if view is None else _page("message", view=view)


@get("/{mail_id:str}/html", sync_to_thread=True)
def html_part(mail: NamedDependency[MailFolder], mail_id: FromPath[str]) -> Response[str]:
    """Return the HTML body alone, for the frame."""
    view = _find(mail, mail_id)
    if view is None or view.html is None:
        return _gone()
    return Response(view.framed_html, media_type=MediaType.HTML, headers={_POLICY: _FRAME_POLICY})


@get("/{mail_id:str}/source", sync_to_thread=True)
def source(mail: NamedDependency[MailFolder], mail_id: FromPath[str]) -> Response[bytes] | Response[str]:
    """Return the message as it came, byte for byte, as plain text."""
    view = _find(mail, mail_id)
    if view is None:
        return _gone()
    return Response(view.mail.raw, media_type=MediaType.TEXT, headers={_POLICY: _CLOSED_POLICY})


@get("/{mail_id:str}/files/{number:int}", sync_to_thread=True)
def file(
    mail: NamedDependency[MailFolder], mail_id: FromPath[str], number: FromPath[int]
) -> Response[bytes] | Response[str]:
    """Offer the message's file of this number, counted from 1, as a download."""
    view = _find(mail, mail_id)
    if view is None or not 1 <= number <= len(view.files):
        return _gone()
    found = view.files[number - 1]
    media_type = "text/calendar" if found.media_type == "text/calendar" else "application/octet-stream"
    disposition = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    headers = {_POLICY: _CLOSED_POLICY, "Content-Disposition": disposition}
    return Response(found.content, media_type=media_type, headers=headers)


def _find(mail: MailFolder, mail_id: str) -> MailView | None:
    found = mail.get(mail_id)
    return None if found is None else MailView(found)


def _page(template: str, *, status: int = HTTP_200_OK, **values: object) -> Response[str]:
    text = _templates.render(template, **values)
    return Response(text, media_type=MediaType.HTML, status_code=status)


def _gone() -> Response[str]:
    return _page("gone", status=HTTP_404_NOT_FOUND)
