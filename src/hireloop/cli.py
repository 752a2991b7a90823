"""The command line. Exit codes: 0 done, 1 a check failed, 2 wrong usage; a bad setting is one sentence and 1."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

import asyncpg
import click
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from hireloop import db, migrate, telemetry
from hireloop.api import key_ring
from hireloop.api.deliveries import mask
from hireloop.api.tables import Role
from hireloop.errors import HireLoopError, SettingsError
from hireloop.local.home import at_home
from hireloop.notify import deliveries as notify_deliveries
from hireloop.notify import ledger as notify_ledger
from hireloop.notify import routing
from hireloop.notify.channels import Channel, Transport, open_transport
from hireloop.notify.deliveries import AttemptView, DeliveryView, Filter
from hireloop.notify.reasons import Reason, sentence_of
from hireloop.notify.render import Renderer
from hireloop.notify.tables import DeliveryState
from hireloop.notify.worker import Missing, Worker
from hireloop.settings import Settings, warnings_of
from hireloop.telemetry import log

T = TypeVar("T")


def main() -> None:
    """Run the command line; a known fault is one sentence on standard error."""
    try:
        group(standalone_mode=True)
    except HireLoopError as error:
        click.echo(f"hireloop: {error}", err=True)
        sys.exit(1)
    except (TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        click.echo(f"hireloop: The database failed ({db.described(error)}): try again, and see its log.", err=True)
        sys.exit(1)


@click.group("hireloop", context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input ends.")
def group(*, with_parent: bool) -> None:
    """Schedule interviews; no invitation is ever lost in silence."""
    if with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ask this process to stop once the one that started it is gone, however it went."""
    while os.read(0, 1024):  # not through sys.stdin, whose lock this thread would hold at the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@group.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--demo", is_flag=True, help="Book a sample interview that starts now and show what becomes of it.")
@click.option("--once", is_flag=True, help="With --demo: stop afterwards; exit 0 only if all went well.")
def up(*, port: int, demo: bool, once: bool) -> None:
    """Run everything on this machine, nothing else to install."""
    if once and not demo:
        msg = "--once goes with --demo"
        raise click.UsageError(msg)
    # Comes with the extra `hireloop[local]`, which a server's installation does not have.
    from hireloop.local.show import run

    sys.exit(run(port=port, demo=demo, once=once, say=click.echo))


@group.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@click.option("--mailbox", is_flag=True, hidden=True, help="Serve /dev/mailbox too, as `up` does.")
def serve(*, host: str, port: int, workers: int, mailbox: bool) -> None:
    """Serve the API and the portal until SIGTERM."""
    settings = Settings.read()
    telemetry.configure_logs()
    _check_free(host, port)
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    asyncio.run(_with_database(settings, lambda: migrate.check(settings)))
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


@group.command()
@click.option("--concurrency", type=click.IntRange(1, 100), help="Tries at once; EMAIL_CONCURRENCY by default.")
def work(*, concurrency: int | None) -> None:
    """Send what is due until SIGTERM."""
    settings = Settings.read()
    measured = telemetry.set_up(settings, role="worker")
    for sentence in warnings_of(settings):
        log.warning("settings.warning", sentence=sentence)
    try:
        drained = asyncio.run(_work(settings, concurrency))
    finally:
        measured.shutdown()
    if not drained:
        os._exit(1)  # a thread still waits for the other side; its lease runs out, another worker takes over


async def _work(settings: Settings, concurrency: int | None) -> bool:
    posts = [(channel, _opened(channel, settings)) for channel in routing.channels(settings)]
    renderer = Renderer(
        secret=settings.secrets[0],
        base_url=settings.base_url,
        sender=settings.mail_sender,
        zone=settings.zone,
        locale=settings.default_locale,
    )
    async with db.opened(settings.database_url or settings.listen_url, pool_size=settings.database_pool_size):
        await migrate.check(settings)
        worker = Worker(
            posts,
            renderer=renderer,
            listen_url=settings.listen_url,
            base_url=settings.base_url,
            concurrency=concurrency,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, worker.stop)
        return await worker.run()


def _opened(channel: Channel, settings: Settings) -> Transport:
    try:
        return open_transport(channel, settings)
    except LookupError as error:
        log.error("channel.transport_missing", channel=channel.name, error=str(error))
        return Missing(Reason.TRANSPORT_MISSING)


@group.command("migrate")
@click.option("--accept-secret", is_flag=True, help="Make SECRET_KEY the one that this database knows.")
def migrate_(*, accept_secret: bool) -> None:
    """Bring the database up to date; safe when many start at once."""
    with at_home() as settings:
        work = partial(migrate.migrate, settings, accept_secret=accept_secret)
        ran = asyncio.run(_with_database(settings, work, patient=True))
    click.echo(f"{len(ran)} migration(s) run." if ran else "The database is up to date.")


@group.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command("create")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", required=True)
def keys_create(*, role: str, name: str) -> None:
    """Make a key and print it, alone, on standard output. It is never shown again."""
    if not name.strip():
        msg = "must not be blank"
        raise click.BadParameter(msg, param_hint="--name")
    _, key = _run(lambda _: key_ring.create(name, Role(role)))
    click.echo(key)


@keys.command("list")
def keys_list() -> None:
    """List the keys: id, role, last use, state, name."""
    for known in _run(lambda _: key_ring.page(limit=1000, after=None)):
        state = "revoked" if known.revoked_at else "live"
        click.echo(f"{known.id}  {known.role:<9}  {_moment(known.last_used_at):<20}  {state:<7}  {known.name}")


@keys.command("revoke")
@click.argument("ident", type=click.UUID)
def keys_revoke(*, ident: UUID) -> None:
    """Revoke the key with this id; every process refuses it within 5 s."""
    known = _run(lambda _: key_ring.revoke(ident))
    click.echo(f"Revoked: {known.name}")


@group.group()
def deliveries() -> None:
    """Show what was sent, what failed and why."""


@deliveries.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@click.option("--reason", help="a slug, such as connection_refused")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def deliveries_list(*, state: str | None, reason: str | None, limit: int) -> None:
    """List deliveries, newest first: id, state, tries, kind, channel, recipient, reason."""
    wanted = Filter(state=state, reason=reason)
    for one in _run(lambda ours: notify_deliveries.page(wanted, routing.channels(ours), limit=limit, after=None)):
        click.echo(
            f"{one.id}  {one.state:<10}  {one.attempt_count:>3}  {one.kind:<12}  {one.channel:<8}  "
            f"{mask(one.recipient)}  {one.last_reason or ''}"
        )


@deliveries.command("show")
@click.argument("ident", type=click.UUID)
def deliveries_show(*, ident: UUID) -> None:
    """Show one delivery with every try and the other side's words."""
    delivery, attempts = _run(lambda ours: notify_deliveries.find(ident, routing.channels(ours)))
    for line in _delivery_lines(delivery):
        click.echo(line)
    for attempt in attempts:
        click.echo(_attempt_line(attempt))


@group.command("ledger")
def ledger_() -> None:
    """Prove that every booking has its deliveries; exit 1 if one has not."""
    proof = _run(lambda _: notify_ledger.read())
    for state, count in sorted(proof.counts.items()):
        click.echo(f"{state}: {count}")
    click.echo(f"unaccounted: {proof.unaccounted}")
    sys.exit(1 if proof.unaccounted else 0)


def _delivery_lines(delivery: DeliveryView) -> list[str]:
    due = f", due {_moment(delivery.due_at)}" if delivery.state == "pending" else ""
    lines = [
        f"{delivery.kind} to {mask(delivery.recipient)} on {delivery.channel}: {delivery.state.value}{due}",
        f"schedule {delivery.schedule}, revision {delivery.revision}, useful until {_moment(delivery.deadline_at)}",
        f"Message-ID {delivery.message_id}, trace {delivery.traceparent[3:35]}",
    ]
    if delivery.last_reason:
        lines.append(f"{delivery.last_reason}: {sentence_of(delivery.last_reason)}")
    return lines


def _attempt_line(attempt: AttemptView) -> str:
    said = " ".join(str(part) for part in (attempt.phase, attempt.code, attempt.enhanced_code) if part is not None)
    outcome = attempt.outcome.value if attempt.outcome else "under way"
    maybe = " (may have been accepted)" if attempt.maybe_accepted else ""
    line = f"  {attempt.number}. {_moment(attempt.started_at)} {outcome}{maybe}: {said} {attempt.reply or ''}"
    return "".join(letter if letter.isprintable() else " " for letter in line).rstrip()  # no remote escape codes


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else "never"


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


def _run(work: Callable[[Settings], Awaitable[T]]) -> T:
    """Run one piece of work on the installation's database, or on this machine's own."""
    with at_home() as settings:

        async def checked() -> T:
            await migrate.check(settings)
            return await work(settings)

        return asyncio.run(_with_database(settings, checked))


async def _with_database(settings: Settings, work: Callable[[], Awaitable[T]], *, patient: bool = False) -> T:
    """Run `work` on a pool of its own; a `patient` one waits for other processes' locks as long as it takes."""
    async with db.opened(settings.listen_url, pool_size=2, patient=patient):
        return await work()
