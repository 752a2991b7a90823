"""Entity tags (RFC 9110, 8.8.3): a digest of what a read returns, so that a client can say which one it knows."""

import hashlib
import re

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# What a proxy that compresses a response does to its tag: nginx makes it weak, Apache adds `-gzip`, or `;gzip` inside
# of the quotes as Jetty does `--gzip`, and others do the same with other codings; two in a row do so twice.
_CODING = re.compile(r"(?:(?:--?|[;:+.,/_])(?:x-)?(?:gzip|br|zstd|deflate|gz))+$", re.IGNORECASE)


def etag_of(body: bytes) -> str:
    """Return the strong entity tag of a body, quotes included."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_named(header: str, etag: str) -> bool:
    """Return whether a list of entity tags, as If-Match and If-None-Match hold it, names this one; `*` names any.

    Our own tag also counts where a proxy has weakened it or added a coding. For If-Match, RFC 9110 asks for a strong
    comparison, as a weak tag may stand for several versions. Ours never does: it is a digest, whatever wraps it, and
    otherwise nobody behind such a proxy could ever change anything.
    """
    if header.strip() == "*":
        return True
    known = etag.strip('"')
    return any(_CODING.sub("", found[1]) == known for found in _TAG.finditer(header))
