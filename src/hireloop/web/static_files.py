"""Files and pages that are the same for everybody: with an entity tag, and compressed once.

Static files are under paths with their version in them: what is kept for a year can then never be out of date.
"""

import gzip
import hashlib
from pathlib import Path
from typing import Self

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, NotFoundException

from hireloop.web.buffered_responses import header_of
from hireloop.web.context import AnyRequest
from hireloop.web.http.compression import takes_gzip
from hireloop.web.http.entity_tags import etag_of, is_named

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_A_YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"  # it may be kept, and is used once the server has said that it is still the same
_ANOTHER = "The version in `If-Match` is not the current one."
_LONGEST_UNCOMPRESSED = 1_024  # bytes; anything shorter fits into one packet anyway


class StaticFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file, its entity tag, and its gzip form where it is long enough for that."""

    media_type: str
    body: bytes
    etag: str
    compressed: bytes | None

    @classmethod
    def of(cls, body: bytes, media_type: str) -> Self:
        """Return a file with this content."""
        compressed = gzip.compress(body, mtime=0) if len(body) > _LONGEST_UNCOMPRESSED else None
        return cls(media_type=media_type, body=body, etag=etag_of(body), compressed=compressed)

    def response(self, request: AnyRequest, cache_control: str = ASK_AGAIN) -> Response[bytes]:
        """Send it, compressed if the client accepts that, or say that it is what the client has (304).

        Raises HTTPException (412) if it is not what If-Match names.
        """
        wanted, known = header_of(request.scope, b"if-match"), header_of(request.scope, b"if-none-match")
        if wanted is not None and not is_named(wanted, self.etag):
            raise HTTPException(_ANOTHER, status_code=412)
        body, headers = self.body, {"Cache-Control": cache_control, "ETag": self.etag}
        if self.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if takes_gzip(header_of(request.scope, b"accept-encoding") or ""):
                # Another coding is another representation (RFC 9110, 8.8.3.3).
                headers["ETag"] = f'{self.etag[:-1]}-gzip"'
                body, headers["Content-Encoding"] = self.compressed, "gzip"
        if known is not None and is_named(known, self.etag):
            headers.pop("Content-Encoding", None)
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type=self.media_type, headers=headers)


class StaticFiles:
    """The files of one folder, read at the start; `at` is their path, with `{version}` and `{name}` where these go."""

    def __init__(self, folder: Path, at: str) -> None:
        self._at = at
        self.files = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in _MEDIA_TYPES}
        # A digest of all files in every file's path: a module's relative imports then stay within one version.
        all_of_them = b"".join(name.encode() + file.body for name, file in self.files.items())
        self.version = hashlib.sha256(all_of_them).hexdigest()[:16]

    def path_of(self, name: str) -> str:
        """Return where the present version of a file is; raises KeyError if there is no such file."""
        if name not in self.files:
            raise KeyError(name)
        return self._at.format(version=self.version, name=name)

    def response(self, request: AnyRequest, version: str, name: str) -> Response[bytes]:
        """Send a file, compressed if the browser accepts that; raises NotFoundException if there is no such file.

        Only under the present version may it be kept: another version is some other process's.
        """
        file = self.files.get(name)
        if file is None:
            raise NotFoundException
        return file.response(request, _A_YEAR if version == self.version else ASK_AGAIN)


def _read(path: Path) -> StaticFile:
    return StaticFile.of(path.read_bytes(), _MEDIA_TYPES[path.suffix])
