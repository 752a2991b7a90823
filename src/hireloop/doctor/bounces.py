"""Whether mail that bounces later is noticed, and whether SPF counts for DMARC with BOUNCE_ADDRESS; no network is used.

DMARC (RFC 7489, 3.1) passes if SPF passes for a domain that is aligned with that of From, or a DKIM signature does.
SPF is about the domain of the envelope sender, which is that of BOUNCE_ADDRESS.
"""

from hireloop.doctor.domains import domain_of, is_aligned, mailbox_provider
from hireloop.doctor.sender import setting_of_sender
from hireloop.notify.diagnosis.findings import Finding, ok, warning
from hireloop.notify.transports.mail.email import from_address
from hireloop.settings import Settings

CHECK = "bounces"

_UNREAD = "BOUNCE_ADDRESS is set, but nothing has come back yet, so it is not known whether anything reads it."
_READ_IT = "Set BOUNCE_IMAP_URL, or pipe one report into `hireloop bounces`: see docs/how-to/catch-bounced-mail.md."


def finding(settings: Settings, *, has_seen_one: bool | None) -> Finding:
    """Return the one finding about bounces; `has_seen_one`: whether a mail ever came back, None if it is not known."""
    if not settings.bounce_address:
        return _without_address(settings)
    is_unread = settings.bounce_imap_url is None and has_seen_one is False
    bounce, sender = domain_of(settings.bounce_address), _from_domain(settings)
    if not is_aligned(bounce, sender):
        cause = (
            f"BOUNCE_ADDRESS is in the domain {bounce}, but mail is sent from {sender}, so SPF does not count for "
            f"DMARC; only a DKIM signature for {sender} does."
        )
        fix = (
            f"Move BOUNCE_ADDRESS to a subdomain of {sender}, or configure the mail server to sign with DKIM for "
            f"{sender}."
        )
        if mailbox_provider(sender) is not None:  # whose subdomains and keys are nobody else's
            setting = setting_of_sender("EMAIL_URL" if settings.email_url is not None else None)
            fix = f"Set {setting} to an address in the domain of BOUNCE_ADDRESS."
        if is_unread:
            cause, fix = f"{cause} {_UNREAD}", f"{fix} {_READ_IT}"
        return warning(CHECK, cause, fix)
    if is_unread:
        return warning(CHECK, _UNREAD, _READ_IT)
    how = "that of the From address" if bounce == sender else f"aligned with {sender}"
    return ok(
        CHECK,
        f"Mail that bounces later is returned to BOUNCE_ADDRESS. Its domain, {bounce}, is {how}, so SPF counts for "
        f"DMARC if the SPF record of {bounce} includes your mail server"
        + ("." if bounce == sender else f", unless the DMARC record of {sender} says aspf=s (strict).")
        + f" A DKIM signature for {sender} counts independently of this.",
    )


def _from_domain(settings: Settings) -> str:
    return domain_of(from_address(settings))


def _without_address(settings: Settings) -> Finding:
    if settings.bounce_imap_url is not None:
        cause = "BOUNCE_ADDRESS is not set, so a bounce is noticed only if its report quotes the complete header."
    else:
        cause = "BOUNCE_ADDRESS is not set, so mail that bounces later goes unnoticed."
    return warning(CHECK, cause, "Set it to a mailbox that `hireloop bounces` can read.")
