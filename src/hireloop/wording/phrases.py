"""The mark of phrases in the code: what is marked, the catalogues must have. Loads nothing else."""

from collections.abc import Mapping
from typing import Self


def phrase(text: str) -> str:
    """Return a phrase that stands in the code as it is: marked, so that the catalogues must have it."""
    return text


class FilledPhrase(str):
    """A phrase with its values: English for programs, and for a page what it needs to say it in another language.

    Values go where the sentence has their names, as in `%(most)s`; one that is such a phrase is translated, too.
    """

    __slots__ = ("sentence", "values")
    sentence: str
    values: Mapping[str, object]

    def __new__(cls, sentence: str, **values: object) -> Self:
        """Make it of a phrase and its values."""
        made = super().__new__(cls, sentence % values if values else sentence)
        made.sentence, made.values = sentence, values
        return made


def grouped(number: int) -> str:
    """Return a number below a million, such as `20,000`, with its thousands apart as each language writes them."""
    thousands, rest = divmod(number, 1_000)
    if not thousands:
        return str(number)
    return FilledPhrase(phrase("%(thousands)s,%(rest)s"), thousands=thousands, rest=f"{rest:03}")
