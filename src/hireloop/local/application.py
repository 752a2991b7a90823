"""The application as `hireloop up` serves it: the same one, with the development mailbox's pages beside it."""

from litestar import Litestar
from litestar.types import ASGIApp

from hireloop import app
from hireloop.local.data_dir import default_data_dir
from hireloop.local.mailbox.forgetting import Forgetting
from hireloop.local.mailbox.gate import PATH
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.pages import HEADERS, mailbox_router
from hireloop.settings import Settings
from hireloop.telemetry.set_up import Telemetry, set_up


def create() -> ASGIApp:
    """Return the application of one server process, from the environment."""
    app.end_with_parent()
    settings = Settings.read()
    measured = set_up(settings, role="api")
    return app.traced(build(settings, measured=measured))


def build(settings: Settings, *, measured: Telemetry | None = None) -> Litestar:
    """Return the application with the mailbox in the data directory, which forgets whom the database forgets."""
    folder = (settings.hireloop_data_dir or default_data_dir()) / "mailbox"
    forgetting = Forgetting(MailFolder(folder))
    return app.build(
        settings,
        measured=measured,
        extra_routes=[mailbox_router(folder, forget=forgetting.forget)],
        extra_headers={PATH: HEADERS},
        extra_lifespan=[forgetting.in_background],
    )
