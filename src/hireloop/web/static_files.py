"""Static files, under paths with their version in them: what is kept for a year can then not be out of date."""

import hashlib
from pathlib import Path

from litestar import Response
from litestar.exceptions import NotFoundException

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_A_YEAR = "public, max-age=31536000, immutable"


class StaticFiles:
    """The files of one folder, read at the start; `at` is their path, with `{version}` and `{name}` where these go."""

    def __init__(self, folder: Path, at: str) -> None:
        self._at = at
        self.files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _MEDIA_TYPES}
        # A digest of all files in every file's path: a module's relative imports then stay within one version.
        all_of_them = b"".join(name.encode() + body for name, body in self.files.items())
        self.version = hashlib.sha256(all_of_them).hexdigest()[:16]

    def path_of(self, name: str) -> str:
        """Return where the present version of a file is; raises KeyError where there is no such file."""
        if name not in self.files:
            raise KeyError(name)
        return self._at.format(version=self.version, name=name)

    def answer(self, version: str, name: str) -> Response[bytes]:
        """Send a file; raises NotFoundException where there is no such file.

        Only under the present version it may be kept: another version is some other process's.
        """
        body = self.files.get(name)
        if body is None:
            raise NotFoundException
        headers = {"Cache-Control": _A_YEAR if version == self.version else "no-cache"}
        return Response(body, media_type=_MEDIA_TYPES[Path(name).suffix], headers=headers)
