"""The bill of materials names what a server has installed, nothing else, and is made the same again."""

import json
import subprocess
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from requirements.environments import CHECKOUT, install, locked, pythons, surroundings

VERSION, PYTHON = min(pythons(), key=lambda python: tuple(map(int, python[0].split("."))))


def make(tools: Path, environment: Path, into: Path) -> bytes:
    command: list[str | Path] = [tools / "bin" / "python", "-m", "release.sbom", environment, into]
    subprocess.run(command, cwd=CHECKOUT, env=surroundings(SOURCE_DATE_EPOCH="1767225600"), check=True)
    return into.read_bytes()


@pytest.mark.timeout(600)  # it installs two locks
def test_the_bill_of_materials_is_of_the_server_s_lock_with_hashes_and_licences(tmp_path: Path) -> None:
    tools, environment = tmp_path / "tools", tmp_path / "server"
    for lock, into in (("release", tools), ("serve", environment)):
        done = install(PYTHON, lock, "--into", into, "--tools", tools)
        assert done.returncode == 0, done.stdout
    made = make(tools, environment, tmp_path / "one.json")
    assert make(tools, environment, tmp_path / "again" / "two.json") == made

    bill = json.loads(made)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert "serialNumber" not in bill
    assert bill["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"
    assert bill["metadata"]["component"]["name"] == "hireloop"
    assert bill["metadata"]["component"]["version"]
    components = {canonicalize_name(component["name"]): component for component in bill["components"]}
    assert {name: component["version"] for name, component in components.items()} == locked("serve", VERSION)
    assert {name for name, component in components.items() if not component.get("licenses")} <= {"mrml"}  # says none
    needs = {dependency["ref"]: dependency.get("dependsOn", []) for dependency in bill["dependencies"]}
    assert any(ref.startswith("litestar==") for ref in needs["root-component"])
    assert str(tmp_path) not in made.decode()
    assert str(CHECKOUT) not in made.decode()
