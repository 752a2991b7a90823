"""The workflows do what a developer's machine does, with the least rights, and GitHub would take them."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
BIN = Path(sys.executable).parent
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted((GITHUB / "workflows").glob("*.yml"))
}
TEXTS = {path.stem: path.read_text("utf-8") for path in sorted((GITHUB / "workflows").glob("*.yml"))}
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")

# What a job may write, and why it must; every other job reads at most.
MAY_WRITE = {
    ("release", "image"): {"packages"},
    ("release", "sign"): {"id-token", "attestations", "packages"},
    ("release", "pypi"): {"id-token"},
    ("release", "release"): {"contents"},
}

EVERY_WORKFLOW = pytest.mark.parametrize("name", WORKFLOWS)


def triggers(workflow: Mapping[Any, Any]) -> Any:  # noqa: ANN401 (a list, a text or a mapping)
    return workflow[True]  # YAML 1.1 reads the key `on` as a truth value


def jobs() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for name, workflow in WORKFLOWS.items():
        for job, what in workflow["jobs"].items():
            yield name, job, what


def steps(workflow: str) -> Iterator[Mapping[str, Any]]:
    for job in WORKFLOWS[workflow]["jobs"].values():
        yield from job.get("steps", [])


def commands(workflow: str) -> list[str]:
    return [step["run"] for step in steps(workflow) if "run" in step]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


# --- What runs -------------------------------------------------------------------------------------------------


def test_ci_runs_what_dot_ci_run_and_make_ci_run_in_their_order() -> None:
    told = re.search(r"^for step in ([a-z -]+);", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert told is not None
    targets = re.search(r"^ci: ([a-z -]+?) *##", MAKEFILE, re.MULTILINE)
    assert targets is not None
    assert [command.removeprefix("make ") for command in commands("ci")] == told[1].split() == targets[1].split()


@EVERY_WORKFLOW
def test_every_make_target_of_a_step_exists(name: str) -> None:
    called = {word for command in commands(name) for word in re.findall(r"\bmake ([a-z][a-z-]*)", command)}
    assert called <= make_targets()


def test_what_the_release_tells_make_is_read_by_the_shell_alone() -> None:
    (told,) = [step["env"] for step in steps("release") if step.get("run") == "make release"]
    assert set(told) == set(re.findall(r"\$\$([A-Z]+)\b", MAKEFILE)) - {"CI"}
    assert not set(told) & set(re.findall(r"\$\(([A-Z]+)\)", MAKEFILE))


def test_ci_tries_every_python_that_the_package_says_it_runs_on() -> None:
    named = re.findall(r"^Programming Language :: Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
    assert WORKFLOWS["ci"]["jobs"]["checks"]["strategy"]["matrix"]["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_a_release_is_built_with_the_python_of_the_image() -> None:
    base = re.search(r"^ARG BASE=python:(\d+\.\d+)", (ROOT / "deploy/Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert base is not None
    told = [step["with"]["python-version"] for step in steps("release") if "setup-python" in step.get("uses", "")]
    assert told == [base[1]]


@EVERY_WORKFLOW
def test_the_shell_can_read_every_step(name: str) -> None:
    for command in commands(name):
        ran = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True, check=False)
        assert ran.stderr == ""


def test_nothing_is_published_before_all_tests_have_passed_and_all_is_signed() -> None:
    waits = {job: before(job) for job in WORKFLOWS["release"]["jobs"]}
    assert waits["image"] == {"tests", "build"}
    assert waits["pypi"] == {"tests", "build", "image", "sign"}
    assert waits["release"] == {"tests", "build", "image", "sign", "pypi"}
    assert WORKFLOWS["release"]["jobs"]["tests"]["uses"] == "./.github/workflows/ci.yml"


def before(job: str) -> set[str]:
    direct = WORKFLOWS["release"]["jobs"][job].get("needs", [])
    return {*direct, *(earlier for one in direct for earlier in before(one))}


def test_only_a_tag_makes_a_release() -> None:
    assert triggers(WORKFLOWS["release"]) == {"push": {"tags": ["v*"]}}


# --- What it may do --------------------------------------------------------------------------------------------


@EVERY_WORKFLOW
def test_a_workflow_begins_with_the_right_to_read_or_with_none(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] in ({}, {"contents": "read"})


def test_a_job_writes_only_what_it_must() -> None:
    written = {
        (name, job): {scope for scope, right in what.get("permissions", {}).items() if right != "read"}
        for name, job, what in jobs()
    }
    assert {at: scopes for at, scopes in written.items() if scopes} == MAY_WRITE


def test_a_job_that_signs_or_publishes_runs_no_code_of_the_repository() -> None:
    for name, job in set(MAY_WRITE) - {("release", "image")}:  # that one builds the Dockerfile, and may sign nothing
        used = [step.get("uses", "") for step in WORKFLOWS[name]["jobs"][job]["steps"]]
        assert not [action for action in used if action.startswith("actions/checkout@")]


@EVERY_WORKFLOW
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(name: str) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", TEXTS[name], re.MULTILINE)
    foreign = [action for action in used if not action.startswith("./")]
    assert foreign
    for action in foreign:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_an_action_has_one_version_in_all_workflows() -> None:
    pins = {pin for text in TEXTS.values() for pin in re.findall(r"uses: ([^.@][^@]*@\S+)", text)}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@EVERY_WORKFLOW
def test_a_workflow_needs_no_secret_but_its_own_token(name: str) -> None:
    assert "secrets." not in TEXTS[name]
    assert "secrets: inherit" not in TEXTS[name]


@EVERY_WORKFLOW
def test_no_value_from_outside_is_pasted_into_a_command(name: str) -> None:
    assert not [command for command in commands(name) if "${{" in command]


@EVERY_WORKFLOW
def test_a_checkout_leaves_no_credentials_behind(name: str) -> None:
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_every_job_ends_by_itself() -> None:
    for name, job, what in jobs():
        assert "uses" in what or 0 < what["timeout-minutes"] <= 120, f"{name}: {job}"


@EVERY_WORKFLOW
def test_a_workflow_has_a_group_of_its_own(name: str) -> None:
    assert WORKFLOWS[name]["concurrency"]["group"].startswith(f"{name}-")


# --- What others say of it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("dependabot", "dependabot.yml"),
    ],
)
def test_the_schema_of_github_allows_each_file(schema: str, files: str) -> None:
    found = sorted(GITHUB.glob(files))
    assert found
    ran = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *found],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_zizmor_finds_no_weakness_in_the_workflows() -> None:
    ran = subprocess.run(
        [BIN / "zizmor", "--offline", "--quiet", "--no-progress", "--persona", "pedantic", "--format", "plain", GITHUB],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
