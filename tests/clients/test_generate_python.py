"""The Python client is generated from openapi.json, and is what the document says."""

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import build
import generate_python
import openapi_file


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A client that is up to date, in a place of its own."""
    generate_python.bring_up_to_date()
    return Path(shutil.copytree(generate_python.PACKAGE, tmp_path / "hireloop_client"))


def files(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.py")}


def test_one_document_makes_one_client(tmp_path: Path) -> None:
    fresh = tmp_path / "hireloop_client"
    generate_python.bring_up_to_date()
    generate_python.generate(fresh)
    ours, made = files(generate_python.PACKAGE), files(fresh)
    assert len(made) > 100
    assert sorted(ours) == sorted(made)
    stale = [name for name in made if made[name] != ours[name]]
    assert stale == []


def test_what_is_up_to_date_is_left_alone(package: Path) -> None:
    marked = package / "__init__.py"
    before = marked.stat().st_mtime_ns
    assert not generate_python.bring_up_to_date(package)
    assert marked.stat().st_mtime_ns == before


def edit(package: Path) -> None:
    (package / "client.py").write_text("")


def remove(package: Path) -> None:
    (package / "errors.py").unlink()


def add(package: Path) -> None:
    (package / "mine.py").write_text("")


def remove_all(package: Path) -> None:
    shutil.rmtree(package)


@pytest.mark.parametrize("alter", [edit, remove, add, remove_all])
def test_what_was_altered_is_known_to_be(package: Path, alter: Callable[[Path], None]) -> None:
    alter(package)
    assert not generate_python.is_up_to_date(package)


def test_what_was_altered_is_generated_anew(package: Path) -> None:
    edit(package)
    add(package)
    assert generate_python.bring_up_to_date(package)
    assert files(package) == files(generate_python.PACKAGE)


def test_another_document_makes_it_stale(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = openapi_file.read()
    document["paths"]["/api/keys/"]["get"]["operationId"] = "name_keys"
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    monkeypatch.setattr(openapi_file, "PATH", tmp_path / "openapi.json")
    assert generate_python.bring_up_to_date(package)
    assert (package / "api" / "keys" / "name_keys.py").exists()
    assert not (package / "api" / "keys" / "list_keys.py").exists()


def test_processes_that_start_at_once_generate_once(tmp_path: Path) -> None:
    package = tmp_path / "hireloop_client"
    script = "import sys, pathlib, generate_python as g; print(g.bring_up_to_date(pathlib.Path(sys.argv[1])))"

    def start() -> str:
        command: list[str | Path] = [sys.executable, "-c", script, package]
        ran = subprocess.run(command, cwd=generate_python.HERE, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: start(), range(2)))
    assert sorted(said) == ["False", "True"]
    assert files(package) == files(generate_python.PACKAGE)


def test_the_wheel_installs_and_imports_where_nothing_else_of_ours_is(tmp_path: Path) -> None:
    wheel = build.wheel(tmp_path)
    assert wheel.name == f"hireloop_client-{generate_python.version()}-py3-none-any.whl"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = next((tmp_path / "venv").glob("lib/python3*/site-packages"))
    # What it needs is there already: nothing is fetched.
    (site / "needed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-index", wheel], check=True)
    script = (
        "import importlib.metadata as m, importlib.resources as r, hireloop_client, hireloop_client.version as v\n"
        "from hireloop_client.api.slots import book_slot\n"
        "print(m.version('hireloop-client'), v.__version__)\n"
        "print(r.files('hireloop_client').joinpath('py.typed').is_file(), hireloop_client.__file__)"
    )
    ran = subprocess.run([python, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    *told, where = ran.stdout.split()
    assert told == [generate_python.version(), generate_python.version(), "True"]
    assert Path(where).is_relative_to(site)
    assert "Apache License" in Path(where).with_name("LICENSE").read_text()
