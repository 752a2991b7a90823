"""A stranger's first `make run` in a fresh checkout: as root, as somebody else, and where root has to stay root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from processes import free_port
from requirements.environments import CHECKOUT, surroundings

DEBIANS = Path("/usr/bin/python3")
NOBODY = 65534
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as root and as somebody else"),
    pytest.mark.skipif(not DEBIANS.exists(), reason="needs a Python that every user of the machine can read"),
]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A fresh checkout at a place that everybody may pass through, with a space in its path."""
    folder = Path(tempfile.mkdtemp(prefix="hireloop-stranger-"))
    folder.chmod(0o755)
    unneeded = shutil.ignore_patterns(".git", ".venv*", ".hireloop", ".*_cache", ".hypothesis", "__pycache__", "tests")
    shutil.copytree(CHECKOUT, folder / "a checkout", ignore=unneeded)
    yield folder / "a checkout"
    shutil.rmtree(folder)


def run(checkout: Path, *, uid: int, home: Path, **variables: str | Path) -> str:
    """Set up and run the demo to its end, as this user; return all that was said."""
    steps = f"make installed-to-run && .venv/bin/hireloop up --demo --once --port {free_port()}"
    become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"] if uid else []
    done = subprocess.run(
        [*become, "sh", "-c", steps],
        env=surroundings(HOME=home, PYTHON=DEBIANS, **variables),
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert "/?session_key=" in done.stdout
    assert "Missing:" not in done.stdout
    assert done.stdout.splitlines()[0] == "Creating the virtual environment .venv"
    return done.stdout


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_roots_processes_are_postgresqls_users_and_the_data_is_in_the_checkout(checkout: Path, tmp_path: Path) -> None:
    said = run(checkout, uid=0, home=tmp_path)
    assert f"Data and logs    {checkout}/.hireloop" in said
    assert "as root" not in said
    (owner,) = owners(checkout / ".hireloop")
    assert pwd.getpwuid(owner).pw_name in {"hireloop", "hireloop-postgres"}


def test_a_user_other_than_root_keeps_everything_in_their_checkout(checkout: Path) -> None:
    for path in (checkout, *checkout.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    said = run(checkout, uid=NOBODY, home=checkout)
    assert f"Data and logs    {checkout}/.hireloop" in said
    assert owners(checkout / ".hireloop") == {NOBODY}


def test_root_stays_root_where_the_checkout_is_closed_to_others_and_says_why(checkout: Path, tmp_path: Path) -> None:
    checkout.chmod(0o700)
    data_dir = checkout.parent / "data"
    said = run(checkout, uid=0, home=tmp_path, HIRELOOP_DATA_DIR=data_dir)
    assert "The API, the worker and the mailbox run as root because the user " in said
    assert f"(it has no access to {checkout}). The data is in {data_dir}." in said
    assert (data_dir / "secret").stat().st_uid == 0
    assert (data_dir / "postgres").stat().st_uid != 0
