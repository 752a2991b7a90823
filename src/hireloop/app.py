"""The composition root: builds the Litestar application from the settings. Nothing else wires parts together."""

import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Response, Router
from litestar.types import ASGIApp, ControllerRouterHandler

from hireloop import api, console, db, migrate, networks, portal
from hireloop.access.api_keys import KeyRing
from hireloop.access.refusals import RecordedRefusals, after_exception
from hireloop.api import (
    alerts,
    audit,
    bounces,
    candidates,
    channels,
    deliveries,
    erasures,
    health,
    interviews,
    jobs,
    keys,
    problems,
    schedules,
    sessions,
    slots,
)
from hireloop.api.http.authentication import Authentication, require_role
from hireloop.api.http.conditional import Conditional
from hireloop.api.http.cors import Cors
from hireloop.api.http.idempotency import Idempotency
from hireloop.api.http.strict_requests import be_strict
from hireloop.api.openapi import docs, document, problem_pages
from hireloop.faults import warnings_of
from hireloop.notify.channels import configured
from hireloop.notify.deliveries.alerts import warnings as warnings_of_alerts
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.notify.diagnosis.pulse import MailPulse
from hireloop.notify.plugin import NotificationHub
from hireloop.notify.transport import Channel
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.bookings.booking import WindowSettings
from hireloop.settings import Settings
from hireloop.telemetry.logs import log
from hireloop.telemetry.refusals import RefusalLog
from hireloop.telemetry.requests import RecordedRequests, RouteName
from hireloop.telemetry.set_up import Telemetry, set_up
from hireloop.web import context, look
from hireloop.web.connections.client_address import ClientAddress
from hireloop.web.connections.deadlines import Deadlines
from hireloop.web.context import AnyRequest, Context
from hireloop.web.following import Following
from hireloop.web.headers import Policy, SecurityHeaders
from hireloop.web.http.compression import CompressedPages
from hireloop.web.http.hosts import HostCheck
from hireloop.web.http.methods import Methods
from hireloop.web.json_bodies import StrictRequest
from hireloop.web.request_id import FOR_PROGRAMS, RequestId
from hireloop.web.size_limits import HeadSizeLimit
from hireloop.web.slow_down import BadKeyLimiter

_LARGEST_BODY = 1_000_000
_LOOK_FOR_PARENT_SECONDS = 0.5
_HEADERS: dict[str, Policy] = {
    "/": portal.HEADERS,  # and of whatever is nobody else's
    "/console": console.HEADERS,
    **{prefix: {} for prefix in FOR_PROGRAMS},
    "/api": api.HEADERS,
    "/docs": docs.HEADERS,
    "/problems": docs.HEADERS,
}


def create() -> ASGIApp:
    """Return the application of one server process, from the environment; what `hireloop serve` runs."""
    end_with_parent()
    settings = Settings.read()
    return traced(build(settings, measured=set_up(settings, role="api")))


def end_with_parent() -> None:
    """End this server process, in the background, once the one that started it is gone, even by kill -9.

    Otherwise it would keep the port and go on responding while nobody watches it.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_FOR_PARENT_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def build(
    settings: Settings,
    *,
    measured: Telemetry | None = None,
    extra_routes: Sequence[ControllerRouterHandler] = (),
    extra_headers: Mapping[str, Policy] | None = None,
    extra_lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
) -> Litestar:
    """Return the application; it opens the database when it starts and closes everything when it stops.

    `measured` is flushed at the end; `extra_headers` are those of the extra routes, by the prefixes of their paths;
    `extra_lifespan` is entered once the database is open, and left before it is closed.
    Raises SettingsError for settings that cannot work.
    """
    channels = configured.channels(settings)
    hub = NotificationHub(
        channels,
        listen_url=settings.listen_url,
        message_id_domain=settings.message_id_domain,
        limits=SendingLimits.of(settings),
        move_quiet=settings.move_quiet,
    )
    ring, refusals, following = KeyRing(), RefusalLog(), Following(settings.listen_url)
    app = Litestar(
        route_handlers=[
            _api(),
            health.router,
            document.document,
            docs.page,
            docs.style,
            problem_pages.router,
            look.static,
            *portal.routes(),
            *console.routes(),
            *extra_routes,
        ],
        exception_handlers={Exception: _explain},
        after_exception=[after_exception],
        plugins=[hub],
        lifespan=[_lifespan(settings, (ring, refusals, following), measured, hub), *extra_lifespan],
        openapi_config=None,  # the document is our own
        request_max_body_size=_LARGEST_BODY,
        logging_config=None,
    )
    app.state[context.STATE_NAME] = _context(settings, channels, hub, (ring, following), measured)
    app.asgi_handler = _layered(app.asgi_handler, settings, {**_HEADERS, **(extra_headers or {})}, refusals)
    return app


def _context(
    settings: Settings,
    channels: tuple[Channel, ...],
    hub: NotificationHub,
    parts: tuple[KeyRing, Following],
    measured: Telemetry | None,
) -> Context:
    ring, following = parts
    return Context(
        settings=settings,
        secret=settings.secrets[0],
        channels=channels,
        outbox=hub.outbox,
        wakeups=hub.wakeups,
        keys=ring,
        bad_keys=BadKeyLimiter(),
        mail_pulse=MailPulse(settings),
        following=following,
        windows=WindowSettings(settings.portal_early_seconds, settings.portal_late_seconds),
        warnings=warnings_of(settings),
        spans_dropped=measured.dropped.lately if measured is not None else int,
        database_faults=migrate.Readiness().faults,
    )


def _layered(app: ASGIApp, settings: Settings, policies: Mapping[str, Policy], refusals: RefusalLog) -> ASGIApp:
    """Return the application inside what surrounds every request, from the inside out."""
    base_url = settings.base_url
    app = HeadSizeLimit(RouteName(app), base_url=base_url)
    if settings.cors_origins:
        app = Cors(app, settings.cors_origins, base_url=base_url)
    app = HostCheck(Methods(CompressedPages(app)), base_url=base_url)
    app = RequestId(app, varies_by_origin=bool(settings.cors_origins))
    app = SecurityHeaders(RecordedRefusals(app, refusals), policies, base_url=base_url)
    return Deadlines(ClientAddress(app, tuple(map(networks.network, settings.trusted_proxies))))


def _api() -> Router:
    return Router(
        "/api",
        route_handlers=[
            candidates.router,
            erasures.router,
            jobs.router,
            interviews.router,
            slots.router,
            schedules.router,
            sessions.router,
            deliveries.router,
            alerts.router,
            channels.router,
            bounces.router,
            keys.router,
            audit.router,
        ],
        middleware=[Authentication, Idempotency, Conditional],  # from the outside in
        guards=[require_role, be_strict],
        request_class=StrictRequest,
    )


def traced(app: Litestar) -> ASGIApp:
    """Return the application inside the SERVER span of each request; a caller's own trace is linked."""
    the_context: Context = app.state[context.STATE_NAME]
    return RecordedRequests(app, joins_callers=the_context.settings.trust_traceparent)


def _lifespan(
    settings: Settings,
    background: tuple[KeyRing, RefusalLog, Following],
    measured: Telemetry | None,
    hub: NotificationHub,
) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        url = settings.database_url or settings.listen_url
        async with db.opened(url, role="api", pool_size=settings.database_pool_size):
            await migrate.check(settings)
            unheard = warnings_of_alerts(hub.outbox, alert_email=settings.alert_email)
            for sentence in (*warnings_of(settings), *unheard):
                log.warning("settings.warning", sentence=sentence)
            for part in background:
                await part.start()
            try:
                with announcements.heard_by(announcements.to_others(hub.wakeups), background[-1].look_at):
                    yield
            finally:
                for part in background:
                    await part.stop()
                if measured is not None:
                    measured.shutdown()

    return lifespan


def _explain(request: AnyRequest, error: Exception) -> Response[Any]:
    """Respond to programs with a problem and to people with a page."""
    path = request.scope["path"]  # `request.url` raises for a Host that is none
    if path.startswith(FOR_PROGRAMS):
        return problems.handle(request, error)
    if path.startswith("/console"):
        return console.error_page(request, error)
    page = portal.error_page(request, error)
    page.headers = {**portal.HEADERS, **page.headers}  # the path may have another policy, which forbids its style
    return page
