"""The forms and the documents that a stranger meets first say what is true."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))
DEVCONTAINER: dict[str, Any] = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_something_and_each_question_once(path: Path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    questions = [field for field in form["body"] if field["type"] != "markdown"]
    assert any(field.get("validations", {}).get("required") for field in questions)
    assert len({field["id"] for field in questions}) == len(questions)


def test_no_document_invents_an_address_of_a_person_or_of_the_project() -> None:
    for name in ("SECURITY.md", "CODE_OF_CONDUCT.md", ".github/ISSUE_TEMPLATE/config.yml"):
        text = (ROOT / name).read_text("utf-8")
        assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", text), name
        hosts = set(re.findall(r"https?://([^/\s)]+)", text))
        assert hosts <= {"docs.github.com"}, name


def test_the_development_container_calls_targets_that_exist() -> None:
    program, *targets = DEVCONTAINER["postCreateCommand"].split()
    assert program == "make"
    assert set(targets) <= set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def test_the_development_container_is_of_the_image_s_python_and_debian_and_not_root() -> None:
    dockerfile = (ROOT / ".devcontainer" / DEVCONTAINER["build"]["dockerfile"]).read_text("utf-8")
    base = re.search(r"^ARG BASE=(\S+)-slim-(\S+)$", (ROOT / "deploy/Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert base is not None
    assert re.findall(r"^FROM (\S+)$", dockerfile, re.MULTILINE) == [f"{base[1]}-{base[2]}"]
    assert re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE) == [DEVCONTAINER["remoteUser"]]
