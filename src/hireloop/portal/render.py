"""Every answer of the portal: a template or a redirect, and the static files."""

import hashlib
from pathlib import Path

from litestar import MediaType, Response
from litestar.datastructures import Cookie

from hireloop.web.templates import Templates

_HERE = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_A_YEAR = 31_536_000


def _read_static() -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in sorted((_HERE / "static").iterdir()) if path.suffix in _MEDIA_TYPES
    }


STATIC = _read_static()
# A digest of all files in every file's path: a module's relative imports then stay within one version.
VERSION = hashlib.sha256(b"".join(name.encode() + body for name, body in STATIC.items())).hexdigest()[:16]

_templates = Templates("portal", _HERE / "templates", lang="en", static=f"/portal/{VERSION}")


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


def static_file(version: str, name: str) -> Response[bytes] | None:
    """Return a static file, or None. Only this version's path may be cached: another one is some other process's."""
    body = STATIC.get(name)
    if body is None:
        return None
    cached = f"public, max-age={_A_YEAR}, immutable" if version == VERSION else "no-cache"
    return Response(body, media_type=_MEDIA_TYPES[Path(name).suffix], headers={"Cache-Control": cached})
