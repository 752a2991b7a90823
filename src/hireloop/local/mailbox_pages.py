"""The development mailbox in a browser, at `/dev/mailbox`.

What a mail holds is a stranger's text: the pages escape it, its HTML lives in a sandboxed frame without scripts,
forms or anything fetched from elsewhere, and its files are only ever downloaded.
"""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from litestar import MediaType, Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK, HTTP_404_NOT_FOUND
from markupsafe import Markup

from hireloop.local.mail_folder import MailFolder
from hireloop.local.mail_view import MailView

_PATH = "/dev/mailbox"
_TEMPLATES = Path(__file__).parent / "templates"
_jinja = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = (_TEMPLATES / "mailbox.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_jinja.globals.update(path=_PATH, style=Markup(_STYLE))  # noqa: S704 (a file of ours)

_PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CLOSED_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
# A press on a link opens a new tab that is not sandboxed: that is how one follows an invitation.
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def mailbox_router(folder: Path) -> Router:
    """Return the pages of the mailbox that keeps its mail in `folder`. They ask nobody who they are."""
    mail = MailFolder(folder)
    return Router(
        _PATH,
        route_handlers=[list_page, message_page, html_part, source, file],
        dependencies={"mail": Provide(lambda: mail, sync_to_thread=False)},
        before_request=_refuse_other_names,
        include_in_schema=False,
    )


def _refuse_other_names(request: Request[Any, Any, Any]) -> Response[str] | None:
    """Answer only under this machine's own name: another site's name for it could be a page that reads along."""
    return None if request.url.hostname in _OWN_NAMES else _gone()


@get("/", sync_to_thread=True)
def list_page(mail: NamedDependency[MailFolder]) -> Response[str]:
    """Show every message, the newest first."""
    return _page("mailbox_list.html", views=[MailView(message) for message in mail.messages()])


@get("/{mail_id:str}", sync_to_thread=True)
def message_page(mail: NamedDependency[MailFolder], mail_id: FromPath[str]) -> Response[str]:
    """Show one message: envelope, headers, text, HTML in a frame, files."""
    view = _find(mail, mail_id)
    return _gone() if view is None else _page("mailbox_message.html", view=view)


@get("/{mail_id:str}/html", sync_to_thread=True)
def html_part(mail: NamedDependency[MailFolder], mail_id: FromPath[str]) -> Response[str]:
    """Answer the HTML body alone, for the frame."""
    view = _find(mail, mail_id)
    if view is None or view.html is None:
        return _gone()
    return Response(view.framed_html, media_type=MediaType.HTML, headers=_headers(_FRAME_POLICY))


@get("/{mail_id:str}/source", sync_to_thread=True)
def source(mail: NamedDependency[MailFolder], mail_id: FromPath[str]) -> Response[bytes] | Response[str]:
    """Answer the message as it came, byte for byte, as plain text."""
    view = _find(mail, mail_id)
    if view is None:
        return _gone()
    return Response(view.mail.raw, media_type=MediaType.TEXT, headers=_headers(_CLOSED_POLICY))


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
    headers = {**_headers(_CLOSED_POLICY), "Content-Disposition": disposition}
    return Response(found.content, media_type=media_type, headers=headers)


def _find(mail: MailFolder, mail_id: str) -> MailView | None:
    found = mail.get(mail_id)
    return None if found is None else MailView(found)


def _page(template: str, *, status: int = HTTP_200_OK, **values: object) -> Response[str]:
    text = _jinja.get_template(template).render(values)
    return Response(text, media_type=MediaType.HTML, status_code=status, headers=_headers(_PAGE_POLICY))


def _gone() -> Response[str]:
    return _page("mailbox_gone.html", status=HTTP_404_NOT_FOUND)


def _headers(policy: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
