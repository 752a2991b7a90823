"""Pin the images of `deploy/compose.yaml` and `deploy/Dockerfile` by their digests: `make pin-images`.

python -m release.pin_images

A tag may be given to another image at any time, a digest may not. Asks the registries through Docker, whose plug-in
buildx is needed. Ends with an error, and changes nothing, if one of them does not answer.
"""

import re
import subprocess
from pathlib import Path

DEPLOY = Path(__file__).parents[1] / "deploy"
FILES = ("compose.yaml", "Dockerfile")
OURS = "hireloop:dev"
_IMAGE = re.compile(r"^(\s*image: |ARG BASE=)([^\s@#]+)(@\S+)?", re.MULTILINE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def images_in(text: str) -> list[str]:
    """Return the images of others that a file names, with their tags, and without their digests."""
    return [found[2] for found in _IMAGE.finditer(text) if found[2] != OURS]


def pinned(text: str, digests: dict[str, str]) -> str:
    """Return the file's text with these digests behind the tags."""
    return _IMAGE.sub(
        lambda found: f"{found[1]}{found[2]}{f'@{digests[found[2]]}' if found[2] in digests else ''}", text
    )


def digest_of(image: str) -> str:
    """Ask the registry for the digest that a tag has now, of all platforms; raises SystemExit if it does not say."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (a fixed command)
    digest = done.stdout.strip()
    if done.returncode or not _DIGEST.fullmatch(digest):
        raise SystemExit(f"{image}: {done.stderr.strip() or digest or 'no digest'}")
    return digest


def main() -> None:
    """Ask for every digest, then write the files."""
    texts = {name: (DEPLOY / name).read_text("utf-8") for name in FILES}
    digests = {image: digest_of(image) for text in texts.values() for image in images_in(text)}
    for name, text in texts.items():
        (DEPLOY / name).write_text(pinned(text, digests), "utf-8")


if __name__ == "__main__":
    main()
