"""How an HTTP response is read, for webhooks and chat: informational responses are skipped, and heads have an end.

http.client skips 100 alone. Any number of 1xx responses may come before the final one, without having been asked for
(RFC 9110, 15.2), such as 102 and 103.
"""

import http.client
import io
from typing import Any

MOST_INFORMATIONAL = 100  # responses before the final one
LARGEST_HEADS = 262_144  # bytes of the final response's head and of all informational ones together


class FinalResponse(http.client.HTTPResponse):
    """The first response that is not informational.

    101 is final too: we ask for no other protocol, so nothing can follow it that we would understand. Reading raises
    http.client.HTTPException if there are more informational responses, or longer heads, than the limits allow.
    """

    def begin(self) -> None:
        """Read up to the end of the final response's head."""
        whole: Any = self.fp  # a binary file; the class has no type for it
        self.fp = _Heads(whole)  # type: ignore[assignment] # the part of a file that heads are read with
        try:
            super().begin()
        finally:
            if self.fp is not None:  # else it was closed
                self.fp = whole

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INFORMATIONAL + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc] # has no types
            if not http.client.CONTINUE <= status < http.client.OK or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            while self.fp.readline(LARGEST_HEADS).strip(b"\r\n"):
                pass
        raise http.client.HTTPException(f"More than {MOST_INFORMATIONAL} informational responses.")


class _Heads:
    """A file whose lines have an end."""

    def __init__(self, whole: io.BufferedReader) -> None:
        self._whole, self._left = whole, LARGEST_HEADS

    def readline(self, limit: int) -> bytes:
        """Return a line, or its beginning if it is longer than `limit`."""
        line = self._whole.readline(min(limit, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise http.client.LineTooLong("head")
        return line

    def close(self) -> None:
        """Close the file."""
        self._whole.close()
