"""The application as `hireloop up` serves it: the same one, with the development mailbox's pages beside it."""

from litestar.types import ASGIApp

from hireloop import app
from hireloop.local.data_dir import default_data_dir
from hireloop.local.mailbox.gate import PATH
from hireloop.local.mailbox.pages import HEADERS, mailbox_router
from hireloop.settings import Settings
from hireloop.telemetry.set_up import set_up


def create() -> ASGIApp:
    """Return the application of one server process, from the environment."""
    app.end_with_parent()
    settings = Settings.read()
    measured = set_up(settings, role="api")
    mailbox = mailbox_router((settings.hireloop_data_dir or default_data_dir()) / "mailbox")
    return app.traced(app.build(settings, measured=measured, extra_routes=[mailbox], extra_headers={PATH: HEADERS}))
