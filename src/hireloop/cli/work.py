"""`hireloop work`: the worker, which sends messages when they are due."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from functools import partial

import click
import uvloop

from hireloop import db, migrate
from hireloop.access import press_limits, sign_ins
from hireloop.api.http import stored_responses
from hireloop.faults import warnings_of
from hireloop.notify import news
from hireloop.notify.bounces import returned
from hireloop.notify.bounces.return_path import ReturnPath, ReturnPathTransport
from hireloop.notify.bounces.simulator import Simulator
from hireloop.notify.channels import configured, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import alerts, ledger, sending_limits
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.reasons import Reason
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Channel, Transport, TransportBroken, TransportMissing, open_transport
from hireloop.notify.transports.mail.email import from_address
from hireloop.notify.worker import gauges, heartbeat
from hireloop.notify.worker.sweeps import Chore
from hireloop.notify.worker.worker import MissingTransport, Worker
from hireloop.scheduling.bookings import announcements, reminders
from hireloop.scheduling.sessions import lifecycle
from hireloop.scheduling.slots import interviewer_reminders, notices
from hireloop.settings import Settings
from hireloop.telemetry.dropped import DroppedSpans
from hireloop.telemetry.logs import log
from hireloop.telemetry.set_up import set_up

_ALERT_SECONDS = 2.0
_NEWS_SECONDS = 10.0
_NOTICE_SECONDS = 10.0
_REMIND_SECONDS = 10.0
_FORGET_SECONDS = 600.0
_ATTENDANCE_SECONDS = 30.0
_BROKE_DOWN = 3  # the exit code


@click.command()
@click.option(
    "--concurrency", type=click.IntRange(1, 100), help="Attempts at the same time; by default EMAIL_CONCURRENCY."
)
@click.option(
    "--check", is_flag=True, help="Send nothing: exit with 0 if a worker on this machine is alive, for a health check."
)
def work(*, concurrency: int | None, check: bool) -> None:
    """Run the worker, which sends messages when they are due, until SIGTERM."""
    settings = Settings.read()
    if check:
        sys.exit(0 if asyncio.run(_is_alive(settings)) else 1)
    measured = set_up(settings, role="worker")
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code = runner.run(_work(settings, concurrency, measured.dropped))
    finally:
        measured.shutdown()
    if code:
        os._exit(code)  # a thread may still wait for a server; its lease will expire, and another worker will take over


async def _is_alive(settings: Settings) -> bool:
    async with db.opened(settings.listen_url, pool_size=1):
        return await heartbeat.is_alive_on(socket.gethostname())


async def _work(settings: Settings, concurrency: int | None, dropped: DroppedSpans) -> int:
    """Work until SIGTERM and return the exit code."""
    channels = configured.channels(settings)
    outbox = Outbox.of(settings, channels)
    for sentence in alerts.warnings(outbox, alert_email=settings.alert_email):
        log.warning("settings.warning", sentence=sentence)
    simulator = Simulator(ReturnPath.of(settings))
    fallbacks = {
        channel.name: _opened(providers.provider(channel, Route.FALLBACK), settings, simulator)
        for channel in channels
        if channel.fallback_url
    }
    url = settings.database_url or settings.listen_url
    async with db.opened(url, role="worker", pool_size=settings.database_pool_size):
        await migrate.check(settings)
        worker = Worker(
            [(channel, _opened(channel, settings, simulator)) for channel in channels],
            renderer=_renderer(settings, channels),
            listen_url=settings.listen_url,
            base_url=settings.base_url,
            concurrency=concurrency,
            fallbacks=fallbacks,
            spans_dropped=dropped.lately,
            chores=chores(settings, channels, outbox, simulator),
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
        async with announcements.heard_by_others(settings.listen_url, name="worker-notify"):
            drained = await worker.run()
        return _BROKE_DOWN if worker.has_broken_down else int(not drained)


def _renderer(settings: Settings, channels: Sequence[Channel]) -> Renderer:
    fallback = settings.email_fallback_url
    return Renderer.of(
        settings,
        secret=settings.secrets[0],
        sender=from_address(settings),
        fallback_sender=from_address(settings, fallback.get_secret_value()) if fallback else None,
        channels=channels,
    )


def chores(settings: Settings, channels: Sequence[Channel], outbox: Outbox, simulator: Simulator) -> list[Chore]:
    """Return the sweeps beside those of every worker; `docs/how-to/watch-an-installation.md` lists them."""
    return [
        (1.0, simulator.report),
        (ledger.MEASURE_SECONDS, ledger.measure),
        (_FORGET_SECONDS, stored_responses.forget_old),
        (_FORGET_SECONDS, returned.forget_old),
        (_FORGET_SECONDS, sending_limits.forget_old),
        (_FORGET_SECONDS, press_limits.forget_old),
        (_FORGET_SECONDS, sign_ins.forget_old),
        (gauges.MEASURE_SECONDS, partial(gauges.measure, channels)),
        (_ALERT_SECONDS, partial(alerts.put_due, outbox, alert_email=settings.alert_email)),
        (_NEWS_SECONDS, partial(news.put_due, outbox)),
        (_NOTICE_SECONDS, partial(notices.put_due, outbox)),
        (_REMIND_SECONDS, partial(reminders.put_due, outbox, settings.reminder_leads)),
        (_REMIND_SECONDS, partial(interviewer_reminders.put_due, outbox, settings.reminder_leads)),
        # Someone who enters at the last moment still has the interview's whole length.
        (_ATTENDANCE_SECONDS, partial(lifecycle.note_due, outbox=outbox, grace_seconds=settings.portal_late_seconds)),
    ]


def _opened(channel: Channel, settings: Settings, simulator: Simulator) -> Transport:
    transport = _found(channel, settings)
    if not channel.personal:
        return transport
    return ReturnPathTransport(simulator.around(transport), ReturnPath.of(settings))


def _found(channel: Channel, settings: Settings) -> Transport:
    try:
        return open_transport(channel, settings)
    except TransportMissing as error:
        log.error("channel.transport_missing", channel=channel.name, why=str(error))
        return MissingTransport(Reason.TRANSPORT_MISSING)
    except TransportBroken as error:
        log.error("channel.transport_broken", channel=channel.name, why=str(error), exc_info=error.__cause__)
        return MissingTransport(Reason.TRANSPORT_BROKEN)
