"""`up`, `serve`, `work` and `migrate`: what keeps an installation running."""

import asyncio
import os
import signal
import socket
import sys
from functools import partial

import click
import uvloop
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from hireloop import db, log_lines, migrate, telemetry
from hireloop.api import stored_answers
from hireloop.cli.database import with_database
from hireloop.errors import SettingsError
from hireloop.faults import warnings_of
from hireloop.local.home import at_home
from hireloop.log_lines import log
from hireloop.notify import alerts, ledger, routes, routing
from hireloop.notify.channels import Channel, Transport, TransportBroken, TransportMissing, open_transport
from hireloop.notify.outbox import Outbox
from hireloop.notify.reasons import Reason
from hireloop.notify.render import Renderer
from hireloop.notify.return_path import Returning, ReturnPath
from hireloop.notify.routes import Route
from hireloop.notify.simulator import Simulator
from hireloop.notify.worker import Missing, Worker
from hireloop.scheduling import attendance, reminders
from hireloop.settings import Settings

_ALERT_SECONDS = 2.0
_REMIND_SECONDS = 10.0
_FORGET_SECONDS = 600.0
_ATTENDANCE_SECONDS = 30.0


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="8000 by default, or the next one that is free.")
@click.option("--demo", is_flag=True, help="Book a sample interview that starts now and show what becomes of it.")
@click.option("--once", is_flag=True, help="With --demo: stop afterwards; exit 0 only if all went well.")
def up(*, port: int | None, demo: bool, once: bool) -> None:
    """Run everything on this machine, nothing else to install."""
    if once and not demo:
        msg = "--once goes with --demo"
        raise click.UsageError(msg)
    # Comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.show import run

    sys.exit(run(port=port, demo=demo, once=once, say=click.echo))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@click.option("--mailbox", is_flag=True, hidden=True, help="Serve /dev/mailbox too, as `up` does.")
def serve(*, host: str, port: int, workers: int, mailbox: bool) -> None:
    """Serve the API and the portal until SIGTERM."""
    settings = Settings.read()
    log_lines.configure_logs()
    _check_free(host, port)
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    asyncio.run(with_database(settings, lambda: migrate.check(settings)))
    server = Granian(
        "hireloop.local.application:create" if mailbox else "hireloop.app:create",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    )
    server.serve()


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 100), help="Tries at once; EMAIL_CONCURRENCY by default.")
def work(*, concurrency: int | None) -> None:
    """Send what is due until SIGTERM."""
    settings = Settings.read()
    measured = telemetry.set_up(settings, role="worker")
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            drained = runner.run(_work(settings, concurrency))
    finally:
        measured.shutdown()
    if not drained:
        os._exit(1)  # a thread still waits for the other side; its lease runs out, another worker takes over


async def _work(settings: Settings, concurrency: int | None) -> bool:
    channels = routing.channels(settings)
    outbox = Outbox(channels=channels, message_id_domain=settings.message_id_domain)
    for sentence in alerts.warnings(outbox, alert_email=settings.alert_email):
        log.warning("settings.warning", sentence=sentence)
    simulator = Simulator(ReturnPath.of(settings))
    fallbacks = {
        channel.name: _opened(routes.provider(channel, Route.FALLBACK), settings, simulator)
        for channel in channels
        if channel.fallback_url
    }
    renderer = Renderer(
        secret=settings.secrets[0],
        base_url=settings.base_url,
        sender=settings.mail_sender,
        zone=settings.zone,
        locale=settings.default_locale,
        trace_ui_url=settings.trace_ui_url,
    )
    async with db.opened(settings.database_url or settings.listen_url, pool_size=settings.database_pool_size):
        await migrate.check(settings)
        worker = Worker(
            [(channel, _opened(channel, settings, simulator)) for channel in channels],
            renderer=renderer,
            listen_url=settings.listen_url,
            base_url=settings.base_url,
            concurrency=concurrency,
            fallbacks=fallbacks,
            chores=[
                (1.0, simulator.report),
                (ledger.MEASURE_SECONDS, ledger.measure),
                (_FORGET_SECONDS, stored_answers.forget_old),
                (_ALERT_SECONDS, partial(alerts.put_due, outbox, alert_email=settings.alert_email)),
                (_REMIND_SECONDS, partial(reminders.put_due, outbox, settings.reminder_leads)),
                # Who enters at the last moment has the interview's whole length all the same.
                (_ATTENDANCE_SECONDS, partial(attendance.note_due, grace_seconds=settings.portal_late_seconds)),
            ],
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
        return await worker.run()


def _opened(channel: Channel, settings: Settings, simulator: Simulator) -> Transport:
    transport = _found(channel, settings)
    if not channel.personal:
        return transport
    return Returning(simulator.around(transport), ReturnPath.of(settings))


def _found(channel: Channel, settings: Settings) -> Transport:
    try:
        return open_transport(channel, settings)
    except TransportMissing as error:
        log.error("channel.transport_missing", channel=channel.name, why=str(error))
        return Missing(Reason.TRANSPORT_MISSING)
    except TransportBroken as error:
        log.error("channel.transport_broken", channel=channel.name, why=str(error), exc_info=error.__cause__)
        return Missing(Reason.TRANSPORT_BROKEN)


@click.command("migrate")
@click.option("--accept-secret", is_flag=True, help="Make SECRET_KEY the one that this database knows.")
def migrate_(*, accept_secret: bool) -> None:
    """Bring the database up to date; safe when many start at once."""
    with at_home() as settings:
        work = partial(migrate.migrate, settings, accept_secret=accept_secret)
        ran = asyncio.run(with_database(settings, work, patient=True))
    click.echo(f"{len(ran)} migration(s) run." if ran else "The database is up to date.")


def _check_free(host: str, port: int) -> None:
    """Raise SettingsError where nobody could listen there; Granian would share the port with another HireLoop."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        msg = f"{host} port {port} cannot be used ({error.strerror}): choose another with --host and --port."
        raise SettingsError(msg) from None
