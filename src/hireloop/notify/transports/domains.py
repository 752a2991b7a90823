"""Domains in any script, as mail and look-ups write them: in ASCII, by IDNA 2008.

Not Python's codec `idna`: that is IDNA 2003, to which `faß.de` is `fass.de`, somebody else's domain.
"""

import idna

_LONGEST_LABEL = 63  # RFC 1035, 2.3.4


def ascii_domain(name: str) -> str | None:
    """Return a domain in ASCII (RFC 5891, mapped by UTS 46 without its transition); None if it cannot be one.

    One in ASCII stays as it is, also where only a network of one's own knows such a name.
    """
    if name.isascii():
        labels = name.removesuffix(".").split(".")
        return name if all(0 < len(label) <= _LONGEST_LABEL for label in labels) else None
    try:
        return idna.encode(name, uts46=True).decode()
    except UnicodeError:  # idna's own errors are of this kind
        return None


def with_ascii_domain(address: str) -> str | None:
    """Return a mail address with its domain in ASCII; None if it has no local part or no possible domain."""
    local, _, domain = address.rpartition("@")
    written = ascii_domain(domain)
    return f"{local}@{written}" if local and written else None
