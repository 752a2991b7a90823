"""`/docs`: the OpenAPI document as one page for people, which works without scripts and without internet access."""

from pathlib import Path

from litestar import MediaType, Response, get

from hireloop.api.openapi import docs_formatting
from hireloop.api.openapi.document import document_of
from hireloop.web.context import AnyRequest
from hireloop.web.static_files import StaticFile, StaticFiles
from hireloop.web.templates import Templates, coded

_HERE = Path(__file__).parent
_STATIC = StaticFiles(_HERE / "static", "/docs/{version}.css")
STYLE_PATH = _STATIC.path_of("docs.css")
_STATE_NAME = "docs_page"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}

_templates = Templates(
    "docs",
    _HERE / "templates",
    style=STYLE_PATH,
    prose=docs_formatting.prose,
    coded=coded,
    kind=docs_formatting.kind,
    curl=docs_formatting.curl,
    json=docs_formatting.as_json,
)


@get("/docs", include_in_schema=False, sync_to_thread=False)
def page(request: AnyRequest) -> Response[bytes]:
    """Show every operation with its examples and problems, and every type."""
    state = request.app.state
    if _STATE_NAME not in state:
        shown = docs_formatting.ResolvedDocument(document_of(request.app))
        state[_STATE_NAME] = StaticFile.of(_templates.render("docs", shown=shown).encode(), MediaType.HTML)
    file: StaticFile = state[_STATE_NAME]
    return file.response(request)


@get(STYLE_PATH, include_in_schema=False, sync_to_thread=False)
def style(request: AnyRequest) -> Response[bytes]:
    """Serve the page's style sheet."""
    return _STATIC.response(request, _STATIC.version, "docs.css")
