"""Every response of the console: a template or a redirect, and its static files."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Response
from litestar.datastructures import Cookie

from hireloop.access.tables import Role
from hireloop.console import labels
from hireloop.console.gate import is_refresh, running_out_of, unheard_of, user_of
from hireloop.console.reader.choices import locale_of, said_to
from hireloop.console.reader.clock import clock_of
from hireloop.notify.deliveries.alert_records import NO_LATE_ALERTS
from hireloop.notify.deliveries.deliveries import mask, superseded_phrase
from hireloop.notify.reasons import sentence_of
from hireloop.notify.transport import title_of
from hireloop.web import look
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.http.entity_tags import etag_of, is_named
from hireloop.web.static_files import StaticFiles
from hireloop.web.templates import Templates, coded
from hireloop.wording import languages

REFRESH_SECONDS = 20  # after which an open page asks for itself again
_HERE = Path(__file__).parent
STATIC = StaticFiles(_HERE / "static", "/console/static/{version}/{name}")
_templates = Templates(
    "console",
    _HERE / "templates",
    style=STATIC.path_of("console.css"),
    refresh=STATIC.path_of("refresh.js"),
    icon=look.ICON,
    look=look.STYLE,
    labels=labels,
    coded=coded,
    sentence_of=sentence_of,
    mask=mask,
    superseded_phrase=superseded_phrase,
    languages=languages.own_names(),
    urlencode=urlencode,
)


def page(request: AnyRequest, template: str, *, status_code: int = 200, **values: object) -> Response[bytes]:
    """Render `templates/<template>.html` for anybody; every value is escaped, and a missing one is an error."""
    everywhere: dict[str, Any] = {"user": None, "unheard": NO_LATE_ALERTS, "running_out": [], "refused": ""}
    everywhere["refreshes_after"] = None
    html = _templates.render(template, locale_of(request), **everywhere, **values)
    return Response(html.encode(), status_code=status_code, media_type=MediaType.HTML)


def show(
    request: AnyRequest,
    template: str,
    *,
    here: str,
    status_code: int = 200,
    refused: str = "",
    addresses: Mapping[str, str] | None = None,
    **values: object,
) -> Response[bytes]:
    """Render a template for the signed-in user; `here` is the chapter it belongs to, `refused` why nothing was done.

    `addresses` are those that are named in what was done.
    """
    user, unheard = user_of(request), unheard_of(request)
    role = user.holder.role
    html = _templates.render(
        template,
        locale_of(request),
        user=user,
        may_change=role is not Role.VIEWER,
        may_replay=role is Role.ADMIN,
        token=user.token,
        here=here,
        refreshes_after=REFRESH_SECONDS if request.method == "GET" and status_code == HTTPStatus.OK else None,
        unheard=unheard,
        running_out=running_out_of(request),
        done="" if refused else done_of(request, addresses),
        refused=refused,
        clock=clock_of(request),
        channel_title=partial(_channel_title, request),
        **values,
    )
    return _unless_known(request, html.encode(), status_code)


def _unless_known(request: AnyRequest, body: bytes, status_code: int) -> Response[bytes]:
    """Return a page, or to a page that asks for itself again that nothing has changed (304)."""
    if status_code != HTTPStatus.OK or not is_refresh(request):
        return Response(body, status_code=status_code, media_type=MediaType.HTML)
    etag = etag_of(body)
    if is_named(request.headers.get("if-none-match", '""'), etag):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, media_type=MediaType.HTML, headers={"ETag": etag})
    return Response(body, media_type=MediaType.HTML, headers={"ETag": etag})


def _channel_title(request: AnyRequest, name: str) -> str:
    """Return what people call a channel; the one that everybody has is called so in their language."""
    return said_to(request)(title_of(name, context_of(request).channels))


def done_of(request: AnyRequest, addresses: Mapping[str, str] | None = None) -> str:
    """Return what the URL says was done, in words; nothing if another site or a mail wrote the URL."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return ""
    word, number = (request.query_params.get(name) for name in ("done", "n"))
    return labels.done(word, number, said=said_to(request), addresses=addresses)


def see_other(path: str, *cookies: Cookie, **query: str | int) -> Response[bytes]:
    """Lead the browser to `path` with GET, whatever it came with; only ever to a path of ours."""
    location = f"{path}?{urlencode(query)}" if query else path
    return Response(b"", status_code=303, media_type=MediaType.TEXT, headers={"Location": location}, cookies=cookies)
