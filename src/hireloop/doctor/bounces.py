"""Whether mail that bounces later is noticed, and whether SPF counts for DMARC with BOUNCE_ADDRESS; no network is used.

DMARC (RFC 7489, 3.1) passes if SPF passes for a domain that is aligned with that of From, or a DKIM signature does.
SPF is about the domain of the envelope sender, which is that of BOUNCE_ADDRESS.
"""

from hireloop.notify.diagnosis.findings import Finding, ok, warning
from hireloop.notify.transports.domains import with_ascii_domain
from hireloop.settings import Settings

CHECK = "bounces"

# Second labels below which registries of countries sell names: of `acme.co.uk` three labels are the organization's.
_REGISTRY_LABELS = frozenset(
    {"ac", "asn", "co", "com", "edu", "firm", "gen", "go", "gob", "gouv", "gov", "id", "ind", "ltd", "mil", "ne", "net"}
    | {"nhs", "nom", "or", "org", "plc", "police", "sch"}
)
_COUNTRY_CODE = 2  # letters
_UNREAD = "BOUNCE_ADDRESS is set, but nothing has come back yet, so it is not known whether anything reads it."
_READ_IT = "Set BOUNCE_IMAP_URL, or pipe one report into `hireloop bounces`: see docs/how-to/catch-bounced-mail.md."


def finding(settings: Settings, *, has_seen_one: bool | None) -> Finding:
    """Return the one finding about bounces; `has_seen_one`: whether a mail ever came back, None if it is not known."""
    if not settings.bounce_address:
        return _without_address(settings)
    is_unread = settings.bounce_imap_url is None and has_seen_one is False
    bounce, sender = domain_of(settings.bounce_address), domain_of(settings.mail_sender.address)
    if not is_aligned(bounce, sender):
        cause = (
            f"BOUNCE_ADDRESS is in the domain {bounce}, but mail is sent from {sender}, so SPF does not count for "
            f"DMARC; only a DKIM signature for {sender} does."
        )
        fix = (
            f"Move BOUNCE_ADDRESS to a subdomain of {sender}, or configure the mail server to sign with DKIM for "
            f"{sender}."
        )
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


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, as DNS writes it."""
    return (with_ascii_domain(address.lower()) or address).rpartition("@")[2].lower().rstrip(".")


def is_aligned(one: str, other: str) -> bool:
    """Return whether two domains are the same organization's, as far as that is known without the Public Suffix List.

    They are if both end in the same name below a public suffix; that of a country is taken to have two labels if the
    second is one that registries use, such as `co` in `co.uk`.
    """
    return one == other or (_organization(one) is not None and _organization(one) == _organization(other))


def _organization(domain: str) -> str | None:
    """Return the organization's domain, None for a public suffix itself."""
    labels = domain.split(".")
    is_registrys = len(labels[-1]) == _COUNTRY_CODE and labels[-2:-1] and labels[-2] in _REGISTRY_LABELS
    length = 3 if is_registrys else 2
    return ".".join(labels[-length:]) if len(labels) >= length else None


def _without_address(settings: Settings) -> Finding:
    if settings.bounce_imap_url is not None:
        cause = "BOUNCE_ADDRESS is not set, so a bounce is noticed only if its report quotes the complete header."
    else:
        cause = "BOUNCE_ADDRESS is not set, so mail that bounces later goes unnoticed."
    return warning(CHECK, cause, "Set it to a mailbox that `hireloop bounces` can read.")
