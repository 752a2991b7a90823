"""Whose a domain is, as far as that is known without the network: its organization, and its mailbox provider.

The organization is the name below a public suffix (RFC 7489, 3.2), by the Public Suffix List in `publicsuffixlist`.
"""

from functools import cache

import msgspec
from publicsuffixlist import PublicSuffixList

from hireloop.notify.transports.domains import with_ascii_domain

_COUNTRY_CODE = 2  # letters


class MailboxProvider(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at whose domains anyone may have a mailbox, and who alone sends mail from them."""

    server: str  # the one that takes mail of its users
    names: frozenset[str] = frozenset()  # its domains below .com, .net and every country's suffix, such as `yahoo`
    domains: frozenset[str] = frozenset()  # its other domains
    servers: frozenset[str] = frozenset()  # domains of its servers that are none of mailboxes

    def has(self, organization: str) -> bool:
        """Return whether people have mailboxes at this organization's domain."""
        name, _, suffix = organization.partition(".")
        in_any = suffix in {"com", "net"} or len(suffix.rpartition(".")[2]) == _COUNTRY_CODE
        return organization in self.domains or (name in self.names and in_any)

    def serves_at(self, organization: str) -> bool:
        """Return whether a server of this organization's domain is the provider's."""
        return organization in self.servers or self.has(organization)


# From each provider's page on how to set up a mail program.
_PROVIDERS = (
    MailboxProvider(
        server="smtp.gmail.com",
        domains=frozenset({"gmail.com", "googlemail.com"}),
        servers=frozenset({"google.com"}),
    ),
    MailboxProvider(
        server="smtp-mail.outlook.com",
        names=frozenset({"outlook", "hotmail", "live"}),
        domains=frozenset({"msn.com", "passport.com", "windowslive.com"}),
        servers=frozenset({"office365.com"}),
    ),
    MailboxProvider(
        server="smtp.mail.yahoo.com",
        names=frozenset({"yahoo"}),
        domains=frozenset({"ymail.com", "rocketmail.com", "myyahoo.com", "aol.com", "aim.com", "aol.de", "aol.co.uk"}),
    ),
    MailboxProvider(server="smtp.mail.me.com", domains=frozenset({"icloud.com", "me.com", "mac.com"})),
    MailboxProvider(server="mail.gmx.net", names=frozenset({"gmx"})),
    MailboxProvider(server="smtp.web.de", domains=frozenset({"web.de"})),
    MailboxProvider(server="smtp.mail.com", domains=frozenset({"mail.com", "email.com", "usa.com"})),
    MailboxProvider(server="securesmtp.t-online.de", domains=frozenset({"t-online.de", "magenta.de"})),
    MailboxProvider(server="mx.freenet.de", domains=frozenset({"freenet.de"})),
    MailboxProvider(
        server="smtp.protonmail.ch",
        domains=frozenset({"proton.me", "protonmail.com", "protonmail.ch", "pm.me"}),
    ),
    MailboxProvider(
        server="smtp.fastmail.com",
        domains=frozenset({"fastmail.com", "fastmail.fm"}),
        servers=frozenset({"messagingengine.com"}),
    ),
    MailboxProvider(server="smtp.zoho.com", names=frozenset({"zohomail"}), servers=frozenset({"zoho.com", "zoho.eu"})),
    MailboxProvider(
        server="smtp.mail.ru", domains=frozenset({"mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru"})
    ),
    MailboxProvider(server="smtp.yandex.com", names=frozenset({"yandex"}), domains=frozenset({"ya.ru", "narod.ru"})),
    MailboxProvider(server="smtp.qq.com", domains=frozenset({"qq.com", "foxmail.com"})),
    MailboxProvider(
        server="smtp.163.com",
        domains=frozenset({"163.com", "126.com", "yeah.net"}),
    ),
    MailboxProvider(server="smtp.naver.com", domains=frozenset({"naver.com"})),
    MailboxProvider(server="smtp.rediffmail.com", domains=frozenset({"rediffmail.com"})),
    MailboxProvider(server="smtp.orange.fr", domains=frozenset({"orange.fr", "wanadoo.fr"})),
    MailboxProvider(server="smtp.laposte.net", domains=frozenset({"laposte.net"})),
)


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, as DNS writes it."""
    return (with_ascii_domain(address.lower()) or address).rpartition("@")[2].lower().rstrip(".")


def is_aligned(one: str, other: str) -> bool:
    """Return whether two domains are the same or one organization's: what DMARC calls relaxed alignment."""
    return one == other or (organization(one) is not None and organization(one) == organization(other))


def organization(domain: str) -> str | None:
    """Return the domain that an organization has registered; None for a public suffix, which is nobody's."""
    return _suffixes().privatesuffix(domain)


def mailbox_provider(domain: str) -> MailboxProvider | None:
    """Return the public mailbox provider at whose domain an address is, None for any other."""
    whose = organization(domain)
    return next((one for one in _PROVIDERS if whose and one.has(whose)), None)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()  # reads 10,000 lines: once, and only where it is asked for
