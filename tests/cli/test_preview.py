"""`hireloop preview`, with neither a database nor a secret."""

import os
import re
import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from click.testing import CliRunner

from hireloop.cli.preview import preview_
from hireloop.errors import HireLoopError
from hireloop.notify.messages import KINDS
from hireloop.wording.languages import LANGUAGES

PARTS = {"subject.txt", "body.txt", "body.html", "message.eml"}


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {"DATABASE_URL", "SECRET_KEY", "BASE_URL", "DEFAULT_LOCALE"} & set(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_one_message_becomes_files_to_look_at(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "hireloop", "preview", "invitation", "--locale", "hi-IN", "--out", "looked"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    folder = Path("looked") / "hi_IN" / "invitation"
    assert ran.stdout == f"{folder}\n"
    assert {file.name for file in (tmp_path / folder).iterdir()} == PARTS | {"invite.ics"}
    assert "नमस्ते Asha Rao," in (folder / "body.txt").read_text("utf-8")
    assert b"method=REQUEST" in (folder / "message.eml").read_bytes()


def test_every_message_is_written_in_every_language_by_the_installations_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BASE_URL", "https://jobs.example")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ran = CliRunner().invoke(preview_, ["--all"])
    assert ran.exit_code == 0, ran.output
    folders = [Path(line) for line in ran.output.splitlines()]
    assert [(one.parent.name, one.name) for one in folders] == [(lang, kind) for lang in LANGUAGES for kind in KINDS]
    assert {one.parents[2] for one in folders} == {tmp_path}
    assert all({file.name for file in one.iterdir()} >= PARTS for one in folders)
    assert "https://jobs.example/?session_key=" in (folders[0] / "body.txt").read_text("utf-8")


@pytest.mark.parametrize("arguments", [[], ["invitation", "--all"], ["newsletter"]])
def test_wrong_usage_says_so(arguments: list[str], tmp_path: Path) -> None:
    ran = CliRunner().invoke(preview_, arguments)
    assert ran.exit_code == 2
    assert "Error: " in ran.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["/proc/nope", "a-file/below"])
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, out: str) -> None:
    (tmp_path / "a-file").write_text("")
    ran = CliRunner().invoke(preview_, ["invitation", "--out", out])
    assert isinstance(ran.exception, HireLoopError)
    assert re.fullmatch(
        rf"{out}/en/invitation is not writable \(.+\)\. Choose another folder with --out\.", str(ran.exception)
    )


def test_the_mail_has_the_sender_as_the_transport_writes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", "Jörg, Hiring <jobs@hire.example>")
    assert CliRunner().invoke(preview_, ["invitation", "--out", str(tmp_path)]).exit_code == 0
    raw = (tmp_path / "en" / "invitation" / "message.eml").read_bytes()
    assert raw.split(b"\r\n")[0].isascii()
    read = message_from_bytes(raw, policy=policy.SMTP)["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in read] == [("Jörg, Hiring", "jobs@hire.example")]
