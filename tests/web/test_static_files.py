from pathlib import Path

import pytest
from litestar.exceptions import NotFoundException

from hireloop.web.static_files import StaticFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.css").write_text("p {}")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "notes.txt").write_text("not for anybody")
    return tmp_path


def test_a_file_has_its_media_type_and_may_be_kept_under_its_version_alone(folder: Path) -> None:
    files = StaticFiles(folder, "/static/{version}/{name}")
    kept, other = files.answer(files.version, "page.css"), files.answer("0", "icon.svg")
    assert (kept.content, kept.media_type) == (b"p {}", "text/css")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (other.content, other.media_type) == (b"<svg/>", "image/svg+xml")
    assert other.headers["Cache-Control"] == "no-cache"


def test_the_version_is_of_all_contents(folder: Path) -> None:
    before = StaticFiles(folder, "/static/{version}/{name}").path_of("page.css")
    assert StaticFiles(folder, "/static/{version}/{name}").path_of("page.css") == before
    (folder / "icon.svg").write_text("<svg></svg>")
    assert StaticFiles(folder, "/static/{version}/{name}").path_of("page.css") != before


@pytest.mark.parametrize("name", ["nothing.css", "notes.txt", "../page.css", ""])
def test_no_other_file_is_sent_or_led_to(folder: Path, name: str) -> None:
    files = StaticFiles(folder, "/static/{version}.css")
    with pytest.raises(NotFoundException):
        files.answer(files.version, name)
    with pytest.raises(KeyError):
        files.path_of(name)
