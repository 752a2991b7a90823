"""A release is signed as a whole: exactly the files that it has, each with its checksum."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from release.checksums import sums, wanted

from release import ROOT, ReleaseError


def a_folder(at: Path, *more: str) -> Path:
    for name in (*wanted(), *more):
        (at / name).write_text(f"the content of {name}")
    return at


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum of coreutils reads the file")
def test_sha256sum_checks_what_was_written(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, "NOTES.md")
    subprocess.run([sys.executable, "-m", "release.checksums", folder], cwd=ROOT, check=True)
    ran = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=True)
    assert ran.stdout.count(": OK") == len(wanted())
    (folder / min(wanted())).write_text("something else")
    changed = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    assert changed.returncode == 1


def test_writing_them_again_changes_nothing(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    first = sums(folder)
    (folder / "SHA256SUMS").write_text(first)
    assert sums(folder) == first


@pytest.mark.parametrize("name", sorted(wanted()))
def test_a_folder_without_one_of_the_files_is_no_release(tmp_path: Path, name: str) -> None:
    (a_folder(tmp_path) / name).unlink()
    with pytest.raises(ReleaseError, match=f"lacks {name}"):
        sums(tmp_path)


def test_a_file_that_no_release_has_is_not_signed(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"holds hireloop-0\.0\.9\.tar\.gz, which no release has"):
        sums(a_folder(tmp_path, "hireloop-0.0.9.tar.gz"))
