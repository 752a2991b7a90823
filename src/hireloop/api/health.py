"""`/health/`: whether the process is alive, ready to serve, and deliveries are sent. Needs no key, shows no secret."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

import msgspec
from litestar import Response, Router, get
from msgspec import structs

from hireloop import db
from hireloop.faults import faults_of
from hireloop.notify.channels import held
from hireloop.notify.channels.held import HeldProvider
from hireloop.notify.channels.message_routes import EMAIL
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import alert_records
from hireloop.notify.diagnosis import latest, mail
from hireloop.notify.diagnosis.findings import Finding, Level
from hireloop.notify.diagnosis.latest import Latest
from hireloop.notify.reasons import sentence_of
from hireloop.notify.worker import heartbeat
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.wording.plain_text import counted

_LONGEST_WAIT = timedelta(seconds=60)


class HealthResponse(msgspec.Struct, frozen=True, kw_only=True):
    """`ok`, or `failing` with every reason in plain words; warnings do not make it fail."""

    status: Literal["ok", "failing"]
    reasons: list[str]
    warnings: list[str]


def _response(reasons: list[str], warnings: Sequence[str] = ()) -> Response[HealthResponse]:
    return Response(
        HealthResponse(status="failing" if reasons else "ok", reasons=reasons, warnings=list(warnings)),
        status_code=503 if reasons else 200,
        headers={"Cache-Control": "no-store"},
    )


@get("/live/")
async def live() -> HealthResponse:
    """Check that this process is alive."""
    return HealthResponse(status="ok", reasons=[], warnings=[])


@get("/ready/")
async def ready(request: AnyRequest) -> Response[HealthResponse]:
    """Check that this process can serve requests: its database is available, up to date, and has what it needs."""
    context = context_of(request)
    try:
        reasons = await context.database_faults()
    except db.UNAVAILABLE as error:
        return _response([_failed(error)])
    return _response(reasons, context.warnings)


@get("/delivery/")
async def delivery(request: AnyRequest) -> Response[HealthResponse]:
    """Check that messages are sent: workers run, no channel is held, nothing waits long, and alerts reach somebody."""
    context = context_of(request)
    try:
        seen = await latest.latest(context.channels)
    except db.UNAVAILABLE:
        seen = {}  # the reason follows
    findings = await context.mail_pulse.findings({mail.CHECKS[route]: one for route, one in seen.items()})
    reasons = [_sentence(finding) for finding in findings if finding.level is Level.FAILURE]
    warnings = [_sentence(finding) for finding in findings if finding.level is Level.WARNING]
    warnings += [fault.sentence for fault in faults_of(context.settings) if fault.about == "base_url"]
    try:
        state = await heartbeat.health()
        faults = _provider_faults(await held.held(context.channels), findings, seen)
        failures = _delivery_failures(state, faults.reasons)
        warnings += [
            *faults.warnings,
            *_skewed_links(context, state),
            *[use.sentence for use in await context.outbox.limits.keys_running_out()],
            *_dropped_spans(context.spans_dropped() + state.spans_dropped),
        ]
        return _response([*failures, *await _unheard(), *reasons], warnings)
    except db.UNAVAILABLE as error:
        return _response([_failed(error), *reasons], warnings)


def _failed(error: BaseException) -> str:
    if db.is_transient(error):
        return f"The database is unavailable ({db.described(error)})."
    return f"The database refuses a statement of this process ({db.described(error)}). {db.fix_of(error)}"


def _sentence(finding: Finding) -> str:
    """Return the cause and the fix, without the server's reply, which may quote an address."""
    return f"{finding.cause} {finding.fix}"


def _delivery_failures(state: heartbeat.Health, of_providers: Sequence[str]) -> list[str]:
    """Return what hinders deliveries."""
    reasons = [] if state.live_workers else ["No worker has reported recently. Start `hireloop work`."]
    reasons += state.faults
    reasons += of_providers
    if state.oldest_due_at is not None and state.now - state.oldest_due_at > _LONGEST_WAIT:
        waited = int((state.now - state.oldest_due_at).total_seconds())
        reasons.append(f"The oldest due delivery has been waiting for {waited} s.")
    if state.untakeable:
        deliveries = counted(state.untakeable, "delivery", "deliveries")
        reasons.append(f"{deliveries} cannot be sent by any running worker. Start workers of the latest version.")
    return reasons


async def _unheard() -> list[str]:
    """Return the alerts that have been unheard for too long, each with how to acknowledge it."""
    found = await alert_records.late()
    reasons = [
        f"{alert.sentence} Run `hireloop alerts show {alert.id}`, and acknowledge the alert." for alert in found.named
    ]
    if others := found.others(after=len(reasons)):
        reasons.append(f"{others} Run `hireloop alerts list --state unheard`.")
    return reasons


class _ProviderFaults(NamedTuple):
    """What holds providers, and why mail is not accepted, in sentences."""

    reasons: list[str]
    warnings: list[str]  # of a fallback that nobody waits for: the primary provider of mail accepts it


def _provider_faults(
    rows: Sequence[HeldProvider], findings: Sequence[Finding], seen: Mapping[Route, Latest]
) -> _ProviderFaults:
    """Return what holds providers, unless the provider's own check says why, and what is newer than that check.

    A check ends with the sender accepted: that all was well until then does not contradict a later refusal.
    """
    levels = {finding.check: finding.level for finding in findings}
    found = {route: levels.get(check) for route, check in mail.CHECKS.items()}
    failing = {route for route, level in found.items() if level is Level.FAILURE}
    newest = {
        route: one.reason
        for route, one in seen.items()
        if one.reason and route not in failing and (found[route] is None or one.is_past_sender)
    }
    others, said = [], []
    for row in rows:
        if row.channel != EMAIL:
            others.append(row.sentence)
        elif row.route not in failing:
            said.append((row.route, structs.replace(row, reason=newest.pop(row.route, row.reason)).sentence))
    said += [(route, f"{latest.FAILED[route]} {sentence_of(reason)}") for route, reason in newest.items()]
    if Route.PRIMARY in failing or any(route is Route.PRIMARY for route, _ in said):
        return _ProviderFaults([*others, *(sentence for _, sentence in said)], [])
    return _ProviderFaults(others, [sentence for _, sentence in said])


def _skewed_links(context: Context, state: heartbeat.Health) -> list[str]:
    ours = context.settings.base_url
    return [
        f"A worker writes links to {theirs}, but this process to {ours}. Set the same BASE_URL everywhere."
        for theirs in state.base_urls
        if theirs not in {"", ours}
    ]


def _dropped_spans(count: int) -> list[str]:
    """Return what is said of spans that this process and the live workers could not export lately."""
    return [f"{counted(count, 'span', 'spans')} could not be exported. Check the collector."] if count else []


router = Router("/health", route_handlers=[live, ready, delivery], include_in_schema=False)
