"""The hooks run the programs of `.venv`, and find nothing to say of the repository as it is."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from repository.files import OUTSIDE, needs_git, repository_files

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for repo in CONFIG["repos"] for hook in repo["hooks"]}
LINTED = ("ruff-check", "ruff-format", "lint-imports")  # `make lint` does the same, on everything


def test_no_hook_brings_a_version_of_its_own() -> None:
    assert [repo["repo"] for repo in CONFIG["repos"]] == ["local"]
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}
    assert not [name for name, hook in HOOKS.items() if "additional_dependencies" in hook]


def test_every_hook_runs_a_program_that_make_venv_installs_but_for_one_by_hand() -> None:
    for name, hook in HOOKS.items():
        program = hook["entry"].split()[0]
        if hook.get("stages") == ["manual"]:
            assert (name, program) == ("actionlint", "go")
        elif name == "types":
            assert hook["entry"] == "make types"
        else:
            assert program.startswith(".venv/bin/"), name
            assert (BIN / Path(program).name).exists(), name


@needs_git
def test_the_hooks_find_nothing_to_change_in_the_repository(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for file in repository_files():
        copied = copy / file.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copied)
    outside = dict(OUTSIDE)
    for arguments in (["init", "--quiet"], ["add", "--all", "--force"]):
        subprocess.run(["git", *arguments], cwd=copy, env=outside, check=True)
    (copy / ".venv").symlink_to(BIN.parent)
    outside |= {"PRE_COMMIT_HOME": str(tmp_path / "home"), "SKIP": ",".join(LINTED)}
    ran = subprocess.run(
        [BIN / "pre-commit", "run", "--all-files", "--color", "never"],
        cwd=copy,
        env=outside,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("Passed") == len(HOOKS) - len(LINTED) - len({"types", "actionlint"})
