"""What session keys and API keys look like, for the modules that mint them and for those that remove them from texts.

`WHOLE_…` matches a key as it is minted; the other pattern also matches the beginning of a key that was cut off, and
a key whose dots are percent-encoded, however often: a path is decoded once.
"""

import re

API_KEY_PREFIX = "hl_"
WHOLE_API_KEY = re.compile(rf"{API_KEY_PREFIX}(?P<ident>[A-Za-z0-9_-]{{22}})[A-Za-z0-9_-]{{43}}")
API_KEY = re.compile(rf"{API_KEY_PREFIX}[A-Za-z0-9_-]{{8,}}")

WHOLE_SESSION_KEY = re.compile(r"[A-Za-z0-9_-]{22}\.[0-9]{1,10}\.[A-Za-z0-9_-]{43}")
_DOT = r"(?:\.|%(?:25)*2[Ee])"
SESSION_KEY = re.compile(rf"[A-Za-z0-9_-]{{20,24}}{_DOT}[0-9]{{1,10}}{_DOT}[A-Za-z0-9_-]{{20,}}")
