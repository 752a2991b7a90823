"""All checks together: those on the network run at once, dependent ones after the check they depend on."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import msgspec

from hireloop.doctor import bounces, database, sender, telemetry, tracing, twins
from hireloop.doctor.database import DatabaseFindings
from hireloop.errors import SettingsError
from hireloop.faults import faults_of
from hireloop.notify.channels import configured
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.channels.message_routes import EMAIL
from hireloop.notify.deliveries import alerts
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.diagnosis import background, latest, mail, others
from hireloop.notify.diagnosis.findings import Finding, Level, failure, of_sentence, ok, skipped, warning
from hireloop.notify.transport import Channel
from hireloop.settings import Settings

TOTAL_SECONDS = 45.0  # for everything on the network together

Waiting = Callable[[Sequence[str]], None]


async def examine(
    settings: Settings, waiting: Waiting, *, database_fault: Finding | None, for_trying: bool = False
) -> AsyncIterator[Finding]:
    """Yield the findings in order, each as soon as it and those before it are known.

    `waiting` is called now and then with the names of the running checks; with a `database_fault` the database is not
    tried. Links that lead to this machine alone are a failure, except when `for_trying` it out as `hireloop up` does.
    """
    until = asyncio.get_running_loop().time() + TOTAL_SECONDS
    yield ok("settings", "All values are valid.")
    channels, bad_channels = _channels(settings)
    running = [(name, background.start(name, check)) for name, check in _on_the_network(settings, channels)]
    waiting(["database", *background.names_of(running)])
    visit = await database.examine(settings, channels) if database_fault is None else database.left_out(database_fault)
    for name in ("database", "tls", "migrations", "role", "secret", "clock"):
        yield visit.findings[name]
    yield _base_url(settings, visit, for_trying=for_trying)
    failed = set()
    for name, found in running:
        waiting(background.names_of(running))
        finding = _as_workers_saw(await background.finished(name, found, until=until), visit)
        if finding.level is Level.FAILURE:
            failed.add(name)
        yield finding
    yield sender.finding(settings)
    yield telemetry.check(settings)
    if bad_channels is None:
        yield _held(visit, failed)
        yield _alerts(settings, channels, visit)
    else:
        yield bad_channels
        yield skipped("alerts", "the channels are unknown")
    yield bounces.finding(settings, has_seen_one=visit.has_seen_a_bounce)
    yield visit.findings["workers"]
    yield visit.findings["ledger"]
    yield visit.findings["keys"]
    yield visit.findings["limits"]
    if (shared := twins.finding(visit.twins)) is not None:
        yield shared


def _channels(settings: Settings) -> tuple[Sequence[Channel], Finding | None]:
    """Return the configured channels; or none, and why."""
    if settings.secret_key is None:
        return (), skipped("channels", "secret failed")
    try:
        return configured.channels(settings), None
    except SettingsError as error:
        return (), of_sentence("channels", str(error))


def _on_the_network(settings: Settings, channels: Sequence[Channel]) -> list[tuple[str, background.DiagnosisCheck]]:
    return [
        *mail.checks_of(settings),
        *((one.name, partial(_of_channel, one, settings)) for one in channels if one.name != EMAIL),
        (tracing.CHECK, partial(tracing.check, settings)),
    ]


def _of_channel(channel: Channel, settings: Settings) -> Finding:
    finding = others.check(channel, settings)
    return finding if channel.title == channel.name else msgspec.structs.replace(finding, title=channel.title)


def _as_workers_saw(finding: Finding, visit: DatabaseFindings) -> Finding:
    """Return the finding, or what workers saw last of that provider of mail, which says more: tries go further."""
    for route, check in mail.CHECKS.items():
        seen = visit.latest.get(route)
        if check == finding.check and seen is not None and seen.reason and seen.outweighs(finding):
            return latest.failure_of(check, route, seen.reason)
    return finding


def _base_url(settings: Settings, visit: DatabaseFindings, *, for_trying: bool) -> Finding:
    for fault in faults_of(settings):
        if fault.about == "base_url":
            stops = fault.stops and not for_trying
            return (failure if stops else warning)("base_url", fault.cause, fault.fix)
    ours = settings.base_url
    for theirs in visit.base_urls:
        if theirs not in {"", ours}:
            cause = f"A worker writes links to {theirs}, but this process to {ours}."
            return warning("base_url", cause, "Set the same BASE_URL everywhere.")
    return ok("base_url", f"Links point to {ours}.")


def _held(visit: DatabaseFindings, failed: set[str]) -> Finding:
    if visit.held is None:
        lacking = visit.findings["migrations"].level is Level.FAILURE
        return skipped("channels", "there are pending migrations" if lacking else "the database cannot be read")
    for row in visit.held:
        if _check_of(row) not in failed:
            fix = "No action is needed. It opens automatically at its next probe, within 60 s."
            return warning("channels", row.sentence, fix)
    if visit.held:
        return skipped("channels", "the check of the held channel says why")
    return ok("channels", "No channel is held.")


def _check_of(row: HeldProvider) -> str:
    """Return the name of the check that says why, if it fails too."""
    return mail.CHECKS[row.route] if row.channel == EMAIL else row.channel


def _alerts(settings: Settings, channels: Sequence[Channel], visit: DatabaseFindings) -> Finding:
    if visit.unheard.count:
        first, others = visit.unheard.named[0], visit.unheard.others(after=1)
        fix = (
            f"Run `hireloop alerts show {first.id}`, which says why and what to do, and acknowledge the alert. See "
            "docs/how-to/recover-from-a-failure.md, under `An alert has not reached anyone`."
        )
        return failure("alerts", f"{first.sentence} {others}".rstrip(), fix)
    outbox = Outbox.of(settings, channels)
    for sentence in alerts.warnings(outbox, alert_email=settings.alert_email):
        return of_sentence("alerts", sentence, Level.WARNING)
    return ok("alerts", "Someone is notified if an invitation fails.")
