"""Names of people, companies and jobs: those that somebody can read are taken, as they are. Pure.

Joiners stay, as Hindi, Persian and emoji need them, and so do the marks that say from which side a name is read.
"""

import re
import unicodedata

# They show nothing and do nothing for a name, or turn the text around them (UAX #9): as good as always an accident, or
# meant to deceive.
_HARMFUL = re.compile("[\u00ad\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]")
_JOINERS = "\u200c\u200d"
# Beside white space and what `unicodedata` calls control or format: letters and marks that show nothing.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_INVISIBLE_KINDS = {"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"}


def readable(text: str) -> str:
    """Return a name as it was given; raises ValueError for one that shows nothing, or that hides something."""
    if text.isascii() and text.isprintable():
        return text
    for character in text:
        if _HARMFUL.match(character) or unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValueError(f"must not contain the character {spelt_out(character)}. Remove it")
    if not any(is_visible(character) for character in text):
        named = ", ".join(sorted({spelt_out(character) for character in text})[:3])
        raise ValueError(f"must show something, but has only {named}")
    if text[0] in _JOINERS or text[-1] in _JOINERS:
        raise ValueError("must not begin or end with a joiner, which is invisible there. Remove it")
    return text


def is_visible(character: str) -> bool:
    """Return whether a character shows something by itself."""
    return unicodedata.category(character) not in _INVISIBLE_KINDS and not _BLANK.match(character)


def spelt_out(character: str) -> str:
    """Return the number and the name of a character, such as `U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
