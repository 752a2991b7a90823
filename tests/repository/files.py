"""The files of the repository, which git knows."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Of the person who runs the tests: a hook of git tells it where its repository is, by variables.
OUTSIDE = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

needs_git = pytest.mark.skipif(
    not (shutil.which("git") and (ROOT / ".git").exists()), reason="only git knows which files belong to the repository"
)


def repository_files() -> Iterator[Path]:
    """Yield each file that is or would be committed, whatever the owner of the checkout."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, env=OUTSIDE, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            yield ROOT / name
