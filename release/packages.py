"""Whether a package may be published: an index takes its metadata, and what must be inside is inside.

python -m release.packages dist/hireloop-0.1.0-py3-none-any.whl dist/hireloop-0.1.0.tar.gz
"""

import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from trove_classifiers import classifiers

from release import ReleaseError, version

_MUST_HAVE = {
    "hireloop": (
        "hireloop/py.typed",
        "hireloop/portal/templates/",
        "hireloop/web/static/",
        "hireloop/wording/locales/",
        "/licenses/LICENSE",
    ),
    "hireloop-client": ("hireloop_client/py.typed",),
}
_MUST_NOT_HAVE = ("tests/", ".env", "__pycache__", ".venv")


def check(package: Path) -> None:
    """Raise ReleaseError where a wheel or a source distribution is not fit to be published."""
    is_wheel = package.suffix == ".whl"
    name, packaged = parse_wheel_filename(package.name)[:2] if is_wheel else parse_sdist_filename(package.name)
    files = _of_wheel(package) if is_wheel else _of_sdist(package)
    metadata = _metadata(package, files["METADATA" if is_wheel else "PKG-INFO"])
    if str(packaged) != version() or metadata.version != packaged:
        raise ReleaseError(f"{package.name} is not of version {version()}.")
    if not metadata.description or metadata.description_content_type != "text/markdown":
        raise ReleaseError(f"{package.name} has no description in Markdown.")
    unknown = set(metadata.classifiers or ()) - classifiers
    if unknown:
        raise ReleaseError(f"{package.name} has classifiers that no index knows: {', '.join(sorted(unknown))}.")
    if metadata.license_expression is None:
        raise ReleaseError(f"{package.name} names no licence.")
    _check_files(package, name if is_wheel else "", files)


def _check_files(package: Path, name: str, files: Mapping[str, bytes]) -> None:
    missing = [part for part in _MUST_HAVE.get(name, ()) if not any(part in file for file in files)]
    if missing:
        raise ReleaseError(f"{package.name} lacks {', '.join(missing)}.")
    stray = [file for file in files if any(f"/{part}" in f"/{file}" for part in _MUST_NOT_HAVE)]
    if stray:
        raise ReleaseError(f"{package.name} holds {stray[0]}, which is not for publishing.")


def _metadata(package: Path, text: bytes) -> Metadata:
    try:
        return Metadata.from_email(text, validate=True)
    except ExceptionGroup as group:
        said = "; ".join(str(error) for error in group.exceptions)
        raise ReleaseError(f"{package.name} has metadata that no index takes: {said}.") from group


def _of_wheel(package: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(package) as archive:
        files = dict.fromkeys(archive.namelist(), b"")
        info = next(file for file in files if file.endswith(".dist-info/METADATA"))
        return {**files, "METADATA": archive.read(info)}


def _of_sdist(package: Path) -> Mapping[str, bytes]:
    with tarfile.open(package) as archive:
        files = dict.fromkeys((name.partition("/")[2] for name in archive.getnames()), b"")
        found = archive.extractfile(f"{package.name.removesuffix('.tar.gz')}/PKG-INFO")
        return {**files, "PKG-INFO": found.read() if found else b""}


def main() -> None:
    """Check each package that is named."""
    for name in sys.argv[1:]:
        try:
            check(Path(name))
        except ReleaseError as error:
            print(f"Not fit to be published. {error}", file=sys.stderr)
            sys.exit(1)
        print(f"{name}: fit to be published")


if __name__ == "__main__":
    main()
