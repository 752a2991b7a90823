"""Each lock is installed exactly as it stands, whatever has been published since."""

import http.server
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from requirements import environments
from requirements.environments import CHECKOUT, LOCKS, PIPS, assert_exact, install, locked, make_environment

PYTHONS = list(environments.pythons())
NAMES = [version for version, _ in PYTHONS]
OLDEST = min(PYTHONS, key=lambda python: tuple(map(int, python[0].split("."))))


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", PYTHONS, ids=NAMES)
def test_every_python_installs_what_the_lock_names_beside_newer_releases(
    lock: str, python: tuple[str, str], newer: Path, tmp_path: Path
) -> None:
    version, path = python
    into = tmp_path / "with a space"
    done = install(path, lock, "--into", into, PIP_FIND_LINKS=newer, UV_FIND_LINKS=newer)
    assert done.returncode == 0, done.stdout
    assert_exact(into, lock, version)


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("pip", PIPS)
def test_every_pip_that_has_to_install_by_itself_resolves_nothing(
    pip: str, lock: str, newer: Path, tmp_path: Path
) -> None:
    version, path = OLDEST
    into = tmp_path / "venv"
    make_environment(path, into, pip=pip)
    with index_of(newer) as url:
        sources: dict[str, str | Path] = {"PIP_FIND_LINKS": newer, "PIP_EXTRA_INDEX_URL": url, "PIP_NO_COMPILE": "1"}
        done = install(path, lock, "--into", into, **sources)
    assert done.returncode == 0, done.stdout
    assert "with pip, which takes about a minute: pip's configuration names its extra-index-url" in done.stdout
    assert_exact(into, lock, version)


def test_a_mirror_that_only_pips_own_file_names_is_used(newer: Path, tmp_path: Path) -> None:
    version, path = OLDEST
    mirrored = tmp_path / "mirrored"
    for lock in ("bootstrap", "build"):
        wanted = CHECKOUT / "requirements" / f"{lock}.txt"
        command: list[str | Path] = [
            path,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--require-hashes",
            "-d",
            mirrored,
            "-r",
            wanted,
        ]
        subprocess.run(command, check=True, env=environments.surroundings())
    file = tmp_path / "pip.conf"
    with index_of(mirrored) as url:
        file.write_text(f"[global]\nindex-url = {url}\n")
        nowhere: dict[str, str | Path] = {
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }  # nothing but the mirror
        into = tmp_path / "venv"
        done = install(path, "build", "--into", into, PIP_CONFIG_FILE=file, PIP_FIND_LINKS=newer, **nowhere)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("pip's configuration names its index-url, which uv does not read") == 1
    assert_exact(into, "build", version)


def test_the_server_s_packages_go_where_no_tools_are(newer: Path, tmp_path: Path) -> None:
    version, path = OLDEST
    into, tools = tmp_path / "ships", tmp_path / "stays"
    done = install(path, "serve", "--into", into, "--tools", tools, PIP_FIND_LINKS=newer, UV_FIND_LINKS=newer)
    assert done.returncode == 0, done.stdout
    assert_exact(into, "serve", version)
    assert not (into / "bin" / "pip").exists()
    assert not (into / "bin" / "uv").exists()


@pytest.mark.parametrize("lock", [*LOCKS, "bootstrap"])
def test_a_lock_names_no_index_and_no_place_and_has_a_hash_for_everything(lock: str) -> None:
    text = (CHECKOUT / "requirements" / f"{lock}.txt").read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|file:|\s@\s", text)
    for pin in re.split(r"\n(?=[A-Za-z0-9])", text)[1:]:
        assert "--hash=sha256:" in pin, pin


@pytest.mark.parametrize("lock", ["run", "dev", "bench"])
def test_every_lock_has_the_versions_that_a_server_has(lock: str) -> None:
    serves, other = locked("serve", "3.11.2"), locked(lock, "3.11.2")
    assert {name: other.get(name) for name in serves} == dict(serves)


class index_of:  # noqa: N801 (reads as a function)
    """A package index over HTTP for the length of a block, of the wheels in a folder."""

    def __init__(self, folder: Path) -> None:
        names: dict[str, list[str]] = {}
        for wheel in folder.glob("*.whl"):
            names.setdefault(re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower(), []).append(wheel.name)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                *_, name, file = ("/" + self.path).split("/")
                body = (folder / file).read_bytes() if file else "".join(_links(names.get(name, []))).encode()
                self.send_response(200 if file or name in names else 404)
                self.send_header("Content-Type", "application/octet-stream" if file else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/simple"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _links(files: list[str]) -> Iterator[str]:
    for file in files:
        yield f'<a href="{file}">{file}</a>'
