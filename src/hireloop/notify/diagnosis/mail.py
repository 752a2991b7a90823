"""Check that the mail server can be reached, is who it claims to be, and accepts our mail, without sending any."""

import time
from functools import partial

from msgspec import structs

from hireloop.faults import PASSWORD_WITHOUT_TLS, STARTTLS_ON_465, TLS_ON_587, Fault, faults_of, is_loopback
from hireloop.notify.channels.providers import Route
from hireloop.notify.diagnosis import background, mail_faults
from hireloop.notify.diagnosis.findings import Finding, failure, of_reason, ok, warning
from hireloop.notify.diagnosis.mail_faults import Advice, FailedConversation, SettingNames
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Held, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.transports.mail.rehearsal import Rehearsal, speaks_tls_first
from hireloop.notify.transports.mail.smtp import MailServer, Security
from hireloop.notify.transports.replies import printable
from hireloop.settings import Settings

CHECKS = {Route.PRIMARY: "mail", Route.FALLBACK: "mail_fallback"}
"""The check that looks at each provider of mail."""

PHASE_SECONDS = 8.0  # the longest that the doctor waits for one step of the mail server
_BETWEEN_SERVERS = 25
"""The port for mail between servers; many networks block it for other machines."""


def checks_of(settings: Settings) -> list[tuple[str, background.DiagnosisCheck]]:
    """Return the check of each provider of mail that is configured, with its name."""
    checks: list[tuple[str, background.DiagnosisCheck]] = [(CHECKS[Route.PRIMARY], partial(check, settings))]
    if settings.email_fallback_url is not None:
        url = settings.email_fallback_url.get_secret_value()
        checks.append((CHECKS[Route.FALLBACK], partial(check, settings, url=url)))
    return checks


def check(settings: Settings, *, url: str = "") -> Finding:
    """Return the one finding about EMAIL_… (or EMAIL_FALLBACK_URL, if `url` is given).

    If the settings alone are wrong, nothing is tried. Blocking: each phase takes at most `PHASE_SECONDS`, the first
    one including the look-up of the server's name.
    """
    called = mail_faults.called(settings, url=url)
    transport = EmailTransport(url, settings)
    server = transport.server
    if server is None:
        return _refused(called, transport.refusal or Reason.NO_MAIL_HOST)
    asked_at = time.monotonic()
    rehearsal = transport.rehearse(seconds=PHASE_SECONDS)
    faults = () if url else tuple(fault for fault in faults_of(settings) if fault.about == "mail")
    if rehearsal.outcome is None or isinstance(rehearsal.outcome, Sent):
        return structs.replace(_accepted(called, server, rehearsal, faults), observed_at=asked_at)
    found = _not_accepted(called, server, rehearsal, rehearsal.outcome, faults)
    return structs.replace(found, observed_at=asked_at, reason=rehearsal.outcome.reason)


def _not_accepted(
    called: SettingNames,
    server: MailServer,
    rehearsal: Rehearsal,
    outcome: Held | Retry | Rejected,
    faults: tuple[Fault, ...],
) -> Finding:
    met = FailedConversation(
        outcome=outcome,
        server=server,
        rehearsal=rehearsal,
        patience=min(PHASE_SECONDS, server.timeout),
        other_tls=_speaks_otherwise(server, rehearsal),
    )
    advice = _of_port(faults) if met.other_tls else None
    advice = advice or mail_faults.advice(met, called)
    made = warning if advice.passes else failure
    return made(called.check, advice.cause, advice.fix, _said(outcome))


def _refused(called: SettingNames, reason: Reason) -> Finding:
    name = called.url or "EMAIL_URL"
    if reason is Reason.BAD_SENDER:
        cause = f"DEFAULT_FROM_EMAIL (or `from=` in {name}) is not an address that mail can be sent from."
        return failure(called.check, cause, "Set DEFAULT_FROM_EMAIL to an address, such as jobs@hire.example.")
    if reason is Reason.BAD_MAIL_URL:
        cause = f"{name} is not a mail URL, or has parameters other than smtp, mode, from, name, user and pass."
        return failure(called.check, cause, f"Set {name} to a URL such as mailtos://user:password@host.")
    if called.url and reason is Reason.INCOMPLETE_CREDENTIALS:
        cause = f"{name} has a password but no user name."
        return failure(called.check, cause, f"Set {name} to a URL such as mailtos://user:password@host.")
    if called.url and reason is Reason.PASSWORD_WITHOUT_TLS:
        return failure(called.check, PASSWORD_WITHOUT_TLS.cause, f"Use mailtos:// in {name}.")
    return of_reason(called.check, reason)


def _accepted(called: SettingNames, server: MailServer, rehearsal: Rehearsal, faults: tuple[Fault, ...]) -> Finding:
    where = f"{server.host} port {server.port}"
    here = is_loopback(server.host)
    if server.security is Security.NONE and not here:
        fix = f"Use a server with TLS ({called.tls})."
        if "STARTTLS" in rehearsal.extensions:
            fix = f"Set {called.starttls}, since the server offers STARTTLS."
        return warning(
            called.check,
            f"{where} accepts our mail, but unencrypted, so anyone on the network path can read the links.",
            fix,
        )
    if server.user and server.port == _BETWEEN_SERVERS and not here:
        return warning(
            called.check,
            f"{where} accepts our mail, but port 25 is for mail between servers, and many networks block it.",
            f"Set {called.port} to 587 with {called.starttls}.",
        )
    for fault in faults:
        return warning(called.check, fault.cause, fault.fix)
    signed_in = ", signed in" if server.user else ""
    over = f", over {rehearsal.evidence.tls_version}" if rehearsal.evidence.tls_version else ", unencrypted"
    return ok(called.check, f"{where} accepts mail from our sender{over}{signed_in}.")


def _speaks_otherwise(server: MailServer, rehearsal: Rehearsal) -> bool:
    """Return whether the server expects implicit TLS and we did not use it, or the other way round."""
    evidence = rehearsal.evidence
    if server.security is Security.TLS:
        return "WRONG_VERSION_NUMBER" in evidence.reply
    silent = rehearsal.connected and evidence.phase is Phase.CONNECT and not evidence.code
    return silent and speaks_tls_first(server.host, server.port)


def _of_port(faults: tuple[Fault, ...]) -> Advice | None:
    for fault in faults:
        if fault in {STARTTLS_ON_465, TLS_ON_587}:
            return Advice(fault.cause, fault.fix)
    return None


def _said(outcome: Held | Retry | Rejected) -> str:
    """Return the server's reply on one line, in characters that a terminal can show."""
    if outcome.evidence.code is None:
        return ""
    return printable(f"{outcome.evidence.code} {outcome.evidence.reply}").strip()
