"""Every response of the portal: a template or a redirect, and the static files."""

from functools import cache
from pathlib import Path

from litestar import MediaType, Response
from litestar.datastructures import Cookie

from hireloop.web import languages, look
from hireloop.web.context import AnyRequest
from hireloop.web.static_files import StaticFiles
from hireloop.web.templates import Templates
from hireloop.wording.languages import catalogue, language_of

_HERE = Path(__file__).parent
STATIC = StaticFiles(_HERE / "static", "/portal/{version}/{name}")
_templates = Templates("portal", _HERE / "templates", icon=look.ICON, look=look.STYLE, static=STATIC.path_of)


def page(request: AnyRequest, template: str, *, status_code: int = 200, **values: object) -> Response[bytes]:
    """Render `templates/<template>.html` in its reader's language; values are escaped, a missing one is an error."""
    locale = languages.locale_of(request)
    html = _templates.render(template, locale, script_phrases=_script_phrases(language_of(locale)), **values)
    return Response(
        html.encode(), status_code=status_code, media_type=MediaType.HTML, headers=languages.headers_of(request)
    )


@cache
def _script_phrases(language: str) -> dict[str, str]:
    """Return what the scripts say, by the English phrases that stand in them."""
    words, said = catalogue(language), languages.phrases_of_scripts(_HERE / "static")
    return {phrase: words[phrase] for phrase in sorted(said) if phrase in words}


def see_other(path: str, *cookies: Cookie) -> Response[bytes]:
    """Lead the browser to `path` with GET, whatever it came with."""
    return Response(b"", status_code=303, media_type=MediaType.TEXT, headers={"Location": path}, cookies=cookies)


def nothing() -> Response[None]:
    """Say that it was done, to a script."""
    return Response(None, status_code=204)
