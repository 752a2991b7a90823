"""What portal and console have in common in their looks: the icon, and the style sheet that comes before their own."""

from pathlib import Path

from litestar import HttpMethod, Response, route
from litestar.params import FromPath

from hireloop.web.context import AnyRequest
from hireloop.web.static_files import StaticFiles

STATIC = StaticFiles(Path(__file__).parent / "static", "/static/{version}/{name}")
ICON = STATIC.path_of("icon.svg")
STYLE = STATIC.path_of("look.css")


@route("/static/{version:str}/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def static(request: AnyRequest, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """Send the icon or the style sheet."""
    return STATIC.response(request, version, name)
