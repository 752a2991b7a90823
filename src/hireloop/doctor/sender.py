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
    for sender, host, setting in routes:
        provider = domains.mailbox_provider(sender)
        if provider is not None and not provider.serves_at(domains.organization(host) or ""):
            return warning(CHECK, _cause(sender, host, provider), _fix(sender, provider, setting))
    sender = routes[0][0]
    if domains.mailbox_provider(sender) is not None:
        return ok(CHECK, f"Mail from {sender} is sent through its own provider.")
    return ok(CHECK, f"Mail is sent from {sender}. It passes DMARC if SPF or a DKIM signature for {sender} passes.")


def setting_of_sender(url_setting: str | None) -> str:
    """Return what to set for another From address; `url_setting` holds the URL of the mail server, None without one."""
    return f"DEFAULT_FROM_EMAIL (or `from=` in {url_setting})" if url_setting else "DEFAULT_FROM_EMAIL"


def _routes(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield the domain of From, the server's host and what sets the address, of each provider that can send mail."""
    fallback = settings.email_fallback_url
    urls = {"": "EMAIL_URL" if settings.email_url is not None else None}
    if fallback is not None:
        urls[fallback.get_secret_value()] = "EMAIL_FALLBACK_URL"
    for url, url_setting in urls.items():
        transport = EmailTransport(url, settings)
        if transport.sender and transport.server is not None:
            host = transport.server.host.lower().rstrip(".")
            yield domains.domain_of(transport.sender), host, setting_of_sender(url_setting)


def _cause(sender: str, host: str, provider: MailboxProvider) -> str:
    if is_loopback(host) or "." not in host:
        return (
            f"Mail is sent from {sender}, a public mailbox provider, through {host}. Unless that server passes it on "
            f"to {provider.server}, it fails DMARC, and receivers refuse it or treat it as spam."
        )
    return (
        f"Mail is sent from {sender}, a public mailbox provider, through {host}, which cannot sign for {sender}. "
        "Such mail fails DMARC, so receivers refuse it or treat it as spam."
    )


def _fix(sender: str, provider: MailboxProvider, setting: str) -> str:
    return f"Set {setting} to an address in a domain of your own, or send mail from {sender} through {provider.server}."
