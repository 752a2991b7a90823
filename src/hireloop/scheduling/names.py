"""Names of people, companies and jobs: those that somebody can read are taken, as they are. Pure.

Joiners stay, as Hindi, Persian and emoji need them, and so do the marks that say from which side a name is read.
"""

import re
import unicodedata

from hireloop.mail_addresses import spelt_out
from hireloop.wording.phrases import FilledPhrase, phrase

_BLANK_NAME = phrase("must contain a visible character, but has only %(characters)s")
_HIDES = phrase("must not contain the invisible character %(character)s. Remove it")

# They show nothing and do nothing for a name: two that differ in them look the same. What turns the text around a name,
# or breaks its line, is taken, and left out where the name is shown.
_HIDDEN = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]|(?:^|[ -~])[\u200c\u200d]"
)
# A flag such as England's, which consists of such characters, and the shape of a character that a family writes.
_OF_A_SIGN = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007f]+|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\U000e0100-\U000e01ef]"
)
# Beside white space and what `unicodedata` calls control or format: letters and marks that show nothing.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_INVISIBLE_KINDS = {"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"}


def readable(text: str) -> str:
    """Return a name as it was given; raises ValueError for one that shows nothing, or that hides something."""
    if text.isascii():
        return text
    if not any(is_visible(character) for character in text):
        named = ", ".join(sorted({spelt_out(character) for character in text})[:3])
        raise ValueError(FilledPhrase(_BLANK_NAME, characters=named))
    hidden = _HIDDEN.search(_OF_A_SIGN.sub("", text))
    if hidden is not None:
        raise ValueError(FilledPhrase(_HIDES, character=spelt_out(hidden[0][-1])))
    return text


def is_visible(character: str) -> bool:
    """Return whether a character shows something by itself."""
    return unicodedata.category(character) not in _INVISIBLE_KINDS and not _BLANK.match(character)
