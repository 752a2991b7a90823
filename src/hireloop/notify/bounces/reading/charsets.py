"""Bytes from anybody as text, in the charset that they claim, or in one that fits; pure."""

import codecs
import re

_PYTHONS_OWN = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})  # no charset of a mail, and slow
# Charsets whose names are those of an older and smaller one in most mails.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso2022_jp": "iso2022_jp_2"}
_NAMED_OTHERWISE = {"x-sjis": "cp932", "ks_c_5601-1987": "cp949", "x-gbk": "gb18030", "cp-850": "cp850"}
# iso-8859-8-i (RFC 1556) is iso-8859-8, and win-1251, x-cp1251 and cp-1251 are windows-1251.
_SPELLED = re.compile(r"^(iso-8859-\d+)-[ie]$|^(?:x-)?(?:win|windows|cp)-?(\d{3,4})$|^x-cp(\d{3,4})$", re.ASCII)
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # in Windows-1252
_JAPANESE = (b"\x1b$B", b"\x1b$@")  # what an ISO-2022-JP text shifts with (RFC 1468)
_ANYTHING = frozenset({"ascii", "utf-8", "iso8859-1"})  # a claim that says little: many write it without looking


def decoded(raw: bytes, charset: str = "") -> str:
    """Return bytes as text: in `charset` if they are in it, else in UTF-8, else in `charset` with replacements.

    Without a charset that says anything: ISO-2022-JP if it shifts to it, UTF-8 if it is in it, else Windows-1252, or
    Latin-1, which takes every byte.
    """
    name = _known(charset)
    if name in _ANYTHING | {None} and any(shift in raw for shift in _JAPANESE):
        name = "iso2022_jp_2"
    for candidate in ("utf-8",) if name in _ANYTHING else (name, "utf-8"):
        text = _strictly(raw, candidate)
        if text is not None:
            return text
    if name is None or name in _ANYTHING:
        return raw.decode("cp1252") if not _UNDEFINED.search(raw) else raw.decode("latin-1")
    return raw.decode(name, "replace")


def _known(charset: str) -> str | None:
    try:
        charset = _SPELLED.sub(lambda found: found[1] or f"cp{found[2] or ''}{found[3] or ''}", charset.lower().strip())
        name = codecs.lookup(_NAMED_OTHERWISE.get(charset, charset)).name
        "x".encode(name)  # some codecs, such as zlib's, make no text
    except (LookupError, ValueError):
        return None
    return None if name in _PYTHONS_OWN else _WIDER.get(name, name)


def _strictly(raw: bytes, name: str | None) -> str | None:
    try:
        return raw.decode(name) if name else None
    except (UnicodeError, LookupError):
        return None
