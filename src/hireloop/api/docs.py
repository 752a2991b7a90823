"""`/docs` and `/schema/openapi.json`, which work without internet: the renderer's files are served from here."""

from pathlib import Path
from typing import Any

from litestar import MediaType, Request, get
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.static_files import create_static_files_router

_AT = "/docs-assets"

assets = create_static_files_router(
    path=_AT,
    directories=[Path(__file__).parent / "static" / "swagger-ui"],
    include_in_schema=False,
    cache_control=None,
)


schema = JsonRenderPlugin(path="/openapi.json")
_page = SwaggerRenderPlugin(
    path="/docs",
    js_url=f"{_AT}/swagger-ui-bundle.js",
    css_url=f"{_AT}/swagger-ui.css",
    standalone_preset_js_url=f"{_AT}/swagger-ui-standalone-preset.js",
    favicon=f'<link rel="icon" type="image/png" href="{_AT}/favicon-32x32.png">',
)


@get("/docs", include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
def page(request: Request[Any, Any, Any]) -> bytes:
    """Show the OpenAPI document as a page to try the API from."""
    return _page.render(request, request.app.openapi_schema.to_schema())
