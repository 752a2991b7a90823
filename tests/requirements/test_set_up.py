"""What goes wrong while setting up is one sentence, and the next run ends well."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from requirements.environments import CHECKOUT, INSTALL, assert_exact, install, pythons, surroundings

NO_WAY_OUT: dict[str, str | Path] = {
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PIP_RETRIES": "0",
    "PIP_NO_CACHE_DIR": "1",
}
DEBIANS = "/usr/bin/python3"
OTHER = next((path for version, path in pythons() if version.split(".")[:2] != sys.version.split(".")[:2]), None)
VERSION = ".".join(map(str, sys.version_info[:3]))


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "venv"


def test_a_second_call_finds_all_done_and_says_nothing(into: Path) -> None:
    assert "packages from requirements/build.txt" in built(into)
    assert built(into) == ""


def test_without_a_network_one_sentence_says_so(into: Path) -> None:
    done = install(sys.executable, "build", "--into", into, UV_CACHE_DIR=into.parent / "cache", **NO_WAY_OUT)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("Setup failed. The package index cannot be reached:")
    assert "Traceback" not in done.stdout
    built(into)  # once there is one again


def test_a_full_disk_is_called_so(into: Path, small_disk: Path) -> None:
    done = install(sys.executable, "build", "--into", small_disk / "venv", TMPDIR=into.parent)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("Setup failed. The disk is full: free some space")
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("missing", ["bin/python", "lib", "lib/python*/site-packages/pip", "pyvenv.cfg", "bin"])
def test_an_environment_that_was_left_half_made_is_finished_or_made_anew(missing: str, into: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", into], check=True)
    for path in [*into.glob(missing)]:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    built(into)


def test_an_installation_that_was_killed_is_begun_anew(into: Path) -> None:
    built(into)
    shutil.rmtree(next(into.glob("lib/python*/site-packages/hatchling")))  # its dist-info says that all is there
    (into / "hireloop-installed.json").unlink()
    (into / "hireloop-installing").touch()
    assert "Recreating the virtual environment" in built(into)
    subprocess.run([into / "bin" / "python", "-c", "import hatchling.build"], check=True)


def test_an_environment_of_which_a_part_is_gone_is_made_anew(into: Path) -> None:
    built(into)
    shutil.rmtree(next(into.glob("lib/python*/site-packages/hatchling")))
    assert ", because some of it is missing" in built(into)
    subprocess.run([into / "bin" / "python", "-c", "import hatchling.build"], check=True)


def test_an_environment_that_uv_made_is_used_as_it_is(into: Path) -> None:
    uv = Path(sys.prefix) / "bin" / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, into], check=True, env=surroundings())
    kept = next(into.glob("lib/python*/site-packages")) / "mine.py"
    kept.write_text("")
    assert "Recreating" not in built(into)
    assert kept.exists()


def test_what_somebody_added_to_an_environment_stays(into: Path) -> None:
    built(into)
    added = next(into.glob("lib/python*/site-packages")) / "mine.py"
    added.write_text("")
    assert built(into) == ""
    assert added.exists()


@pytest.mark.skipif(OTHER is None, reason="needs two Pythons")
def test_an_environment_whose_python_became_another_one_is_made_anew(into: Path) -> None:
    built(into)
    (into / "bin" / "python").unlink()
    (into / "bin" / "python").symlink_to(str(OTHER))
    assert ", because its Python is gone" in built(into)


@pytest.mark.skipif(OTHER is None, reason="needs two Pythons")
def test_a_python_that_is_named_is_used_and_any_other_call_keeps_it(into: Path) -> None:
    built(into)
    done = install(str(OTHER), "build", "--into", into)
    assert (done.returncode, done.stdout) == (0, "")
    done = install(str(OTHER), "build", "--into", into, "--same-python")
    assert "Recreating the virtual environment" in done.stdout
    assert " for another Python" in done.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONPATH": "pluggy-1.7.0-of-somebody-else"},
        {"UV_EXCLUDE_NEWER": "2020-01-01", "UV_CONSTRAINT": "/nowhere", "UV_NO_CACHE": ""},
        {"PIP_TARGET": "/nowhere", "PIP_CONSTRAINT": "/nowhere", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"},
        {"UV_SYSTEM_PYTHON": "1", "UV_TARGET": "/nowhere", "UV_PYTHON": "2.7", "VIRTUAL_ENV": "/nowhere"},
        {"HOME": "/nonexistent", "UV_CACHE_DIR": "/proc/nowhere"},
    ],
    ids=["path", "uv", "pip", "places", "no home"],
)
def test_variables_that_mean_other_installations_change_nothing(
    variables: dict[str, str | Path], into: Path, tmp_path: Path
) -> None:
    if "PYTHONPATH" in variables:
        (tmp_path / "pluggy-1.7.0.dist-info").mkdir()
        (tmp_path / "pluggy-1.7.0.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: pluggy\nVersion: 1.7.0\n"
        )
        (tmp_path / "pluggy.py").write_text("")
        variables = {"PYTHONPATH": tmp_path}
    built(into, **variables)
    subprocess.run([into / "bin" / "python", "-I", "-c", "import pluggy, hatchling.build"], check=True)


def test_an_index_that_is_switched_off_is_said(into: Path, tmp_path: Path) -> None:
    done = install(sys.executable, "build", "--into", into, PIP_NO_INDEX="1", PIP_FIND_LINKS=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("Setup failed. pip is configured with no-index")


def test_a_setup_that_is_told_to_stop_ends_what_it_has_started(into: Path) -> None:
    command: list[str | Path] = [sys.executable, INSTALL, "dev", "--into", into]
    process = subprocess.Popen(command, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("Installing"):
        pass
    process.terminate()
    said = process.communicate(timeout=60)[0]
    assert said.splitlines()[-1] == "Setup failed. It was stopped; run it again to go on."
    until = time.monotonic() + 30
    while any(str(into) in command for command in running()):
        assert time.monotonic() < until
        time.sleep(0.05)
    built(into)


def test_an_environment_that_was_moved_is_made_anew(into: Path) -> None:
    built(into)
    moved = into.rename(into.with_name("moved"))
    assert ", because it was moved" in built(moved)


def test_what_is_no_environment_is_left_alone(into: Path) -> None:
    into.mkdir()
    (into / "thesis.txt").write_text("three years of work")
    done = install(sys.executable, "build", "--into", into)
    assert done.returncode == 1
    assert "holds thesis.txt, so it is not just a virtual environment: remove it" in done.stdout
    assert (into / "thesis.txt").read_text() == "three years of work"


def test_a_larger_lock_that_is_installed_serves_a_smaller_one(into: Path) -> None:
    built(into)
    record = into / "hireloop-installed.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "lock": "dev"}))
    done = install(sys.executable, "run", "--into", into)
    assert "packages from requirements/dev.txt" in done.stdout, done.stdout


def test_two_at_once_wait_for_each_other(into: Path) -> None:
    command: list[str | Path] = [sys.executable, INSTALL, "build", "--into", into]
    both = [subprocess.Popen(command, env=surroundings(), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=300)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == f"Another setup is running in {into.parent}; waiting for it to finish\n"
    assert_exact(into, "build", VERSION)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; everybody else runs all of this so")
def test_a_user_other_than_root_sets_up_a_checkout_of_their_own(home: Path) -> None:
    shutil.copytree(CHECKOUT / "requirements", home / "a checkout" / "requirements")
    for path in (home, *home.rglob("*")):
        os.chown(path, 65534, 65534)
    script = home / "a checkout" / "requirements" / "install.py"
    command: list[str | Path] = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        DEBIANS,
        script,
        "build",
    ]
    done = subprocess.run(
        command, env=surroundings(HOME=home), cwd="/", capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert_exact(home / "a checkout" / ".venv", "build", VERSION)


def running() -> Iterator[str]:
    """Yield the command line of every process."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            yield file.read_bytes().replace(b"\0", b" ").decode(errors="replace")


def built(into: Path, **variables: str | Path) -> str:
    """Install the smallest lock and return what was said."""
    done = install(sys.executable, "build", "--into", into, **variables)
    assert done.returncode == 0, done.stdout
    assert_exact(into, "build", VERSION)
    return done.stdout


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that others may enter, as pytest's own may not."""
    folder = Path(tempfile.mkdtemp(prefix="hireloop-home-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 30 MB, which is too small for uv."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m", "none", disk], capture_output=True).returncode:  # noqa: PLW1510 (judged here)
        pytest.skip("only root can try a full one")
    yield disk
    subprocess.run(["umount", disk], check=True)
