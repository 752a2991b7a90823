"""The packages are the same bytes when built again, an index takes them, and nothing stray is inside."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
from release.packages import check

from release import ROOT, ReleaseError, version

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore")
METADATA = """Metadata-Version: 2.4
Name: hireloop
Version: {version}
{more}Description-Content-Type: text/markdown

Text.
"""


def build(tree: Path, into: Path, *what: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", into, *what],
        cwd=tree,
        check=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"},
    )


def a_copy(into: Path, *, umask: int, touched: float) -> Path:
    """Copy what the package is built from, with other rights and times."""
    before = os.umask(umask)
    try:
        shutil.copytree(
            ROOT / "src", into / "src", copy_function=shutil.copyfile, ignore=shutil.ignore_patterns("__pycache__")
        )
        for name in SOURCES:
            shutil.copyfile(ROOT / name, into / name)
    finally:
        os.umask(before)
    for path in into.rglob("*"):
        os.utime(path, (touched, touched))
    return into


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two copies of the source as two machines would have them, each built in its `dist`."""
    folder = tmp_path_factory.mktemp("trees")
    one = a_copy(folder / "one", umask=0o022, touched=1_600_000_000)
    other = a_copy(folder / "far" / "away", umask=0o077, touched=1_700_000_000)
    for tree in (one, other):
        build(tree, tree / "dist")
    return one, other


@pytest.fixture(scope="module")
def dist(trees: tuple[Path, Path]) -> Path:
    return trees[0] / "dist"


@pytest.mark.parametrize("name", [f"hireloop-{version()}-py3-none-any.whl", f"hireloop-{version()}.tar.gz"])
def test_another_machine_builds_the_same_bytes(trees: tuple[Path, Path], name: str) -> None:
    one, other = trees
    assert (one / "dist" / name).read_bytes() == (other / "dist" / name).read_bytes()


def test_the_source_distribution_builds_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    with tarfile.open(dist / f"hireloop-{version()}.tar.gz") as archive:
        archive.extractall(tmp_path)  # noqa: S202 (what we have just packed ourselves; Python 3.11.2 has no filters)
    build(tmp_path / f"hireloop-{version()}", tmp_path / "dist", "--target", "wheel")
    name = f"hireloop-{version()}-py3-none-any.whl"
    assert (tmp_path / "dist" / name).read_bytes() == (dist / name).read_bytes()


def test_both_packages_are_fit_to_be_published(dist: Path) -> None:
    packages = sorted(dist.iterdir())
    assert [package.name for package in packages] == [
        f"hireloop-{version()}-py3-none-any.whl",
        f"hireloop-{version()}.tar.gz",
    ]
    for package in packages:
        check(package)


def test_the_wheel_holds_every_file_of_the_source_and_no_other(dist: Path) -> None:
    with zipfile.ZipFile(dist / f"hireloop-{version()}-py3-none-any.whl") as wheel:
        packed = {name for name in wheel.namelist() if not name.startswith(f"hireloop-{version()}.dist-info/")}
    source = ROOT / "src"
    files = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    assert packed == {str(path) for path in files if "__pycache__" not in path.parts and ".egg-info" not in str(path)}


def test_the_metadata_tells_an_index_what_it_shows(dist: Path) -> None:
    with zipfile.ZipFile(dist / f"hireloop-{version()}-py3-none-any.whl") as wheel:
        told = BytesParser().parsebytes(wheel.read(f"hireloop-{version()}.dist-info/METADATA"))
    assert told["License-Expression"] == "Apache-2.0"
    assert told["License-File"] == "LICENSE"
    assert told["Requires-Python"] == ">=3.11"
    assert told["Keywords"]
    assert told["Summary"]
    assert str(told.get_payload()).startswith("# HireLoop")


def a_wheel(folder: Path, more: str, *, of: str = "", files: tuple[str, ...] = ()) -> Path:
    path = folder / f"hireloop-{of or version()}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        metadata = METADATA.format(version=of or version(), more=more)
        wheel.writestr(f"hireloop-{of or version()}.dist-info/METADATA", metadata)
        for file in files:
            wheel.writestr(file, "")
    return path


LICENCE = "License-Expression: Apache-2.0\n"
ESSENTIAL = (
    "hireloop/py.typed",
    "hireloop/portal/templates/a",
    "hireloop/web/static/a",
    "hireloop/wording/locales/a",
    "x/licenses/LICENSE",
)


@pytest.mark.parametrize(
    ("more", "files", "sentence"),
    [
        ("", ESSENTIAL, "names no licence"),
        (f"{LICENCE}Classifier: Topic :: Unheard Of\n", ESSENTIAL, "no index knows: Topic :: Unheard Of"),
        (f"{LICENCE}Requires-Dist: not a requirement!\n", ESSENTIAL, "metadata that no index takes"),
        (LICENCE, ESSENTIAL[1:], r"lacks hireloop/py\.typed"),
        (LICENCE, (*ESSENTIAL, "hireloop/.env"), r"holds hireloop/\.env"),
        (LICENCE, (*ESSENTIAL, "tests/test_a.py"), r"holds tests/test_a\.py"),
    ],
)
def test_what_an_index_would_refuse_or_must_not_get_is_refused_before(
    tmp_path: Path, more: str, files: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ReleaseError, match=sentence):
        check(a_wheel(tmp_path, more, files=files))


def test_a_package_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="is not of version"):
        check(a_wheel(tmp_path, LICENCE, of="0.0.1", files=ESSENTIAL))
