"""Every response of the portal: a template or a redirect, and the static files."""

from pathlib import Path

from litestar import MediaType, Response
from litestar.datastructures import Cookie

from hireloop.web import look
from hireloop.web.static_files import StaticFiles
from hireloop.web.templates import Templates

_HERE = Path(__file__).parent
STATIC = StaticFiles(_HERE / "static", "/portal/{version}/{name}")
_templates = Templates("portal", _HERE / "templates", lang="en", icon=look.ICON, look=look.STYLE, static=STATIC.path_of)


def page(template: str, *, status_code: int = 200, **values: object) -> Response[bytes]:
    """Render `templates/<template>.html`; every value is escaped, and a missing one is an error."""
    html = _templates.render(template, **values)
    return Response(html.encode(), status_code=status_code, media_type=MediaType.HTML)


def see_other(path: str, *cookies: Cookie) -> Response[bytes]:
    """Lead the browser to `path` with GET, whatever it came with."""
    return Response(b"", status_code=303, media_type=MediaType.TEXT, headers={"Location": path}, cookies=cookies)


def nothing() -> Response[None]:
    """Say that it was done, to a script."""
    return Response(None, status_code=204)
