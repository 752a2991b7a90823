"""The checksums of a release, over exactly the files that it has.

    python -m release.checksums dist

Writes SHA256SUMS, which `sha256sum --check` reads. A file that is missing, or that no release has, is refused: what is
signed and published afterwards is what stands there.
"""

import hashlib
import sys
from pathlib import Path

from release import ReleaseError, version

NAME = "SHA256SUMS"
NOTES = "NOTES.md"  # becomes the text of the release, and is none of its files


def wanted() -> set[str]:
    """Return the names of the files that a release of this version must have."""
    of = version()
    return {
        f"hireloop-{of}.tar.gz",
        f"hireloop-{of}-py3-none-any.whl",
        f"hireloop-{of}.cdx.json",
        f"hireloop_client-{of}-py3-none-any.whl",
        f"hireloop-client-{of}.tgz",
    }


def sums(folder: Path) -> str:
    """Return the checksums of the folder's files; raises ReleaseError where they are not those of a release."""
    names = {path.name for path in folder.iterdir()} - {NAME, NOTES}
    if missing := wanted() - names:
        raise ReleaseError(f"{folder} lacks {', '.join(sorted(missing))}.")
    if stray := names - wanted():
        raise ReleaseError(f"{folder} holds {', '.join(sorted(stray))}, which no release has.")
    return "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(names))


def main() -> None:
    """Write the checksums beside the files."""
    folder = Path(sys.argv[1])
    try:
        (folder / NAME).write_text(sums(folder), "utf-8")
    except ReleaseError as error:
        print(f"No release. {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
