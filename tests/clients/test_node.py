"""npm's packages come by their locks, from whatever registry is configured, and only when a lock has changed."""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import node
from servers.http import Reply, ScriptedHttpServer


@pytest.mark.parametrize("folder", node.FOLDERS, ids=lambda folder: folder.name)
def test_a_lock_names_no_registry_and_has_a_hash_for_everything(folder: Path) -> None:
    text = (folder / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert '"resolved"' not in text
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-"), name


@pytest.mark.parametrize("folder", node.FOLDERS, ids=lambda folder: folder.name)
def test_every_version_is_pinned_by_the_lock(folder: Path) -> None:
    wanted = json.loads((folder / "package.json").read_text())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert wanted.get(kind) == locked.get(kind)


@pytest.fixture
def tarball() -> bytes:
    """A package called `tiny`, which would run a script if it were let."""
    manifest = {"name": "tiny", "version": "1.0.0", "scripts": {"install": "touch it-ran"}}
    written = json.dumps(manifest).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(written)
        archive.addfile(info, io.BytesIO(written))
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path, tarball: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock that names `tiny` by its hash, where npm keeps nothing of what others have fetched."""
    wanted = {"name": "it", "version": "1.0.0", "dependencies": {"tiny": "1.0.0"}}
    tiny = {"version": "1.0.0", "integrity": integrity_of(tarball), "hasInstallScript": True}
    lock = {"name": "it", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": wanted, "node_modules/tiny": tiny}}
    (tmp_path / "package.json").write_text(json.dumps(wanted))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    (tmp_path / ".npmrc").write_text((node.FOLDERS[0] / ".npmrc").read_text())
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_noproxy", "127.0.0.1")
    return tmp_path


@contextmanager
def registry(tarball: bytes, integrity: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedHttpServer]:
    """A registry of one package, which npm is configured to ask."""
    with ScriptedHttpServer() as server:
        dist = {"tarball": f"{server.url}/tiny/-/tiny-1.0.0.tgz", "integrity": integrity}
        version = {"name": "tiny", "version": "1.0.0", "hasInstallScript": True, "dist": dist}
        known = json.dumps({"name": "tiny", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}})
        server.does = [Reply(200, known.encode(), {"Content-Type": "application/json"}), Reply(200, tarball)]
        monkeypatch.setenv("npm_config_registry", server.url)
        yield server


def integrity_of(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def test_packages_come_once_for_each_lock_from_the_registry_that_npm_is_told(
    folder: Path, tarball: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not node.is_installed(folder)
    with registry(tarball, integrity_of(tarball), monkeypatch) as asked:
        assert node.install(folder)
    assert [one.path for one in asked.received] == ["/tiny", "/tiny/-/tiny-1.0.0.tgz"]
    assert [path.name for path in (folder / "node_modules" / "tiny").iterdir()] == ["package.json"]
    assert node.is_installed(folder)
    assert not node.install(folder)
    (folder / "package-lock.json").write_text((folder / "package-lock.json").read_text() + "\n")
    assert not node.is_installed(folder)


def test_a_package_with_another_hash_is_refused(folder: Path, tarball: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tarball + b"and more"
    with registry(other, integrity_of(other), monkeypatch), pytest.raises(node.NodeError, match="Integrity"):
        node.install(folder)
    assert not node.is_installed(folder)


def test_a_registry_that_is_away_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    with pytest.raises(node.NodeError, match=r"^npm ci failed: .*127\.0\.0\.1:9"):
        node.install(folder)
    assert not node.is_installed(folder)


def test_node_is_the_one_that_the_lock_names() -> None:
    done = node.run("--version", cwd=node.HERE)
    assert done.stdout.startswith("v24.")
