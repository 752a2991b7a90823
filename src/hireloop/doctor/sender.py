"""Whether mail from the From address can pass DMARC through the servers that it is sent through; no network is used.

DMARC (RFC 7489, 3.1) asks for SPF or a DKIM signature of the domain of From. The domain of a public mailbox provider
has both on the provider's own servers alone, and nobody else can add to its records.
"""

from collections.abc import Iterator

from hireloop.doctor import domains
from hireloop.doctor.domains import MailboxProvider
from hireloop.faults import is_loopback
from hireloop.notify.diagnosis.findings import Finding, ok, skipped, warning
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.settings import Settings

CHECK = "sender"


def finding(settings: Settings) -> Finding:
    """Return the one finding about the From address of each mail server that is configured, the primary one first."""
    routes = list(_routes(settings))
    if not routes:
        return skipped(CHECK, "no mail server is configured")
    for sender, host in routes:
        provider = domains.mailbox_provider(sender)
        if provider is not None and not provider.serves_at(domains.organization(host) or ""):
            return warning(CHECK, _cause(sender, host, provider), _fix(sender, provider))
    sender = routes[0][0]
    if domains.mailbox_provider(sender) is not None:
        return ok(CHECK, f"Mail from {sender} is sent through its own provider.")
    return ok(CHECK, f"Mail is sent from {sender}. It passes DMARC if SPF or a DKIM signature for {sender} passes.")


def _routes(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the domain of From and the mail server's host, of each provider with which mail can be sent."""
    fallback = settings.email_fallback_url
    for url in ("", *([fallback.get_secret_value()] if fallback is not None else [])):
        transport = EmailTransport(url, settings)
        if transport.sender and transport.server is not None:
            yield domains.domain_of(transport.sender), transport.server.host.lower().rstrip(".")


def _cause(sender: str, host: str, provider: MailboxProvider) -> str:
    if is_loopback(host) or "." not in host:
        return (
            f"Mail is sent from {sender}, a public mailbox provider, through {host}. Unless that server passes it on "
            f"to {provider.server}, it fails DMARC, and receivers refuse it or treat it as spam."
        )
    return (
        f"Mail is sent from {sender}, a public mailbox provider, through {host}, which cannot sign for {sender}. It "
        "fails DMARC, so receivers refuse it or treat it as spam."
    )


def _fix(sender: str, provider: MailboxProvider) -> str:
    return (
        f"Set DEFAULT_FROM_EMAIL to an address in a domain of your own, or send the mail of {sender} through "
        f"{provider.server}."
    )
