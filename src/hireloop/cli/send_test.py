"""`hireloop send-test`: send one real invitation, and show everything that the mail server replies."""

import sys

import click

from hireloop import mail_addresses
from hireloop.doctor import sample
from hireloop.local import home
from hireloop.notify.bounces import simulator
from hireloop.notify.diagnosis import mail
from hireloop.notify.diagnosis.findings import Level
from hireloop.notify.reasons import sentence_of
from hireloop.notify.transport import Evidence, Held, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.transports.replies import printable
from hireloop.settings import Settings
from hireloop.telemetry import current

_BEFORE_THE_RECIPIENT = frozenset({Phase.CONFIGURE, Phase.CONNECT, Phase.TLS, Phase.AUTH, Phase.SENDER})
_PHASE_WIDTH = 11


@click.command("send-test")
@click.argument("address")
@click.option("--fallback", is_flag=True, help="Send through EMAIL_FALLBACK_URL.")
def send_test(*, address: str, fallback: bool) -> None:
    """Send a real invitation to ADDRESS, clearly marked as a test; exit 0 only if the mail server accepts it."""
    try:
        mail_addresses.normal(address)
    except ValueError as error:
        raise click.BadParameter(f"{address!r} {error}", param_hint="ADDRESS") from None
    if address.rpartition("@")[2].lower() == simulator.DOMAIN:
        sentence = (
            f"{address} is a simulated recipient, which no mail server ever sees. Book an interview with it instead."
        )
        raise click.BadParameter(sentence, param_hint="ADDRESS")
    found = home.find()
    settings = found.settings
    url = settings.email_fallback_url.get_secret_value() if settings.email_fallback_url is not None else ""
    if fallback and not url:
        raise click.UsageError("--fallback requires EMAIL_FALLBACK_URL")
    click.echo(found.which)
    sys.exit(0 if _sent(settings, address, url if fallback else "") else 1)


def _sent(settings: Settings, address: str, url: str) -> bool:
    transport = EmailTransport(url, settings)
    if transport.server is None:
        finding = mail.check(settings, url=url)
        _conclude(f"Nothing was sent. {finding.cause}", finding.fix)
        return False
    server = transport.server
    _tell("configure", f"{server.host} port {server.port}, {_SECURITY[server.security.value]}")
    transport.watch(_show)
    with current.unrecorded():
        outcome = transport.send(sample.invitation(settings, address, url=url))
    transport.close()
    if isinstance(outcome, Sent):
        click.echo(
            f"\n{click.style('Accepted', fg='green')} by the mail server. Check the mailbox, including its spam folder."
        )
        return True
    _explain(outcome, settings, url)
    return False


_SECURITY = {"none": "unencrypted", "starttls": "STARTTLS", "tls": "implicit TLS"}


def _show(said: str, evidence: Evidence) -> None:
    if evidence.code is None:
        _tell(evidence.phase.value, f"{said}: {evidence.tls_version}")
        return
    _tell(evidence.phase.value, said)
    for line in evidence.reply.split("\n") or [""]:
        _tell("", f"  {evidence.code} {line}")


def _tell(phase: str, text: str) -> None:
    click.echo(click.style(f"{phase:<{_PHASE_WIDTH}}", fg="bright_black") + printable(text))


def _explain(outcome: Retry | Rejected | Held, settings: Settings, url: str) -> None:
    """Say why it was not accepted, with the doctor's finding if the doctor has one."""
    evidence = outcome.evidence
    if evidence.phase in _BEFORE_THE_RECIPIENT:
        finding = mail.check(settings, url=url)
        if finding.level is not Level.OK:
            _conclude(finding.cause, finding.fix)
            return
    _conclude(sentence_of(outcome.reason), "")


def _conclude(cause: str, fix: str) -> None:
    click.echo(f"\n{click.style('Not accepted', fg='red')}: {cause}")
    if fix:
        click.echo(f"→ {fix}")
