"""What a browser is called on the page of sign-ins, such as `Firefox on Windows`: enough to recognize one's own. Pure.

Nothing else of the header is kept: versions and devices would tell people apart.
"""

from collections.abc import Sequence

_LONGEST = 1_000  # characters of a header that are looked at
UNKNOWN = "a browser"
# The first whose mark is there: most of them also bear the marks of the later ones.
_BROWSERS: Sequence[tuple[str, str]] = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Sequence[tuple[str, str]] = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def described(user_agent: str) -> str:
    """Return the browser and the operating system that a User-Agent names, in words of ours alone."""
    text = user_agent[:_LONGEST]
    browser = next((name for mark, name in _BROWSERS if mark in text), UNKNOWN)
    system = next((name for mark, name in _SYSTEMS if mark in text), "")
    return f"{browser} on {system}" if system else browser
