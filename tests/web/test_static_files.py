import gzip
from pathlib import Path
from typing import Any

import pytest
from litestar import Request
from litestar.exceptions import HTTPException, NotFoundException
from litestar.testing import RequestFactory

from hireloop.web.http.entity_tags import etag_of
from hireloop.web.static_files import StaticFiles

LONG = "p { color: red }\n" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "page.css").write_text(LONG)
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "notes.txt").write_text("not for anybody")
    return tmp_path


def asking(accept_encoding: str = "", **headers: str) -> Request[Any, Any, Any]:
    accepted = {"Accept-Encoding": accept_encoding} if accept_encoding else {}
    return RequestFactory().get("/", headers={**accepted, **headers})


def test_a_file_has_its_media_type_and_may_be_kept_under_its_version_alone(folder: Path) -> None:
    files = StaticFiles(folder, "/static/{version}/{name}")
    kept, other = files.response(asking(), files.version, "page.css"), files.response(asking(), "0", "icon.svg")
    assert (kept.content, kept.media_type) == (LONG.encode(), "text/css")
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (other.content, other.media_type) == (b"<svg/>", "image/svg+xml")
    assert other.headers == {"Cache-Control": "no-cache", "ETag": etag_of(b"<svg/>")}


def test_a_file_that_the_browser_has_is_not_sent_again(folder: Path) -> None:
    files = StaticFiles(folder, "/static/{version}/{name}")
    tags = {
        coding: files.response(asking(coding), files.version, "page.css").headers["ETag"] for coding in ("", "gzip")
    }
    assert tags["gzip"] == f'{tags[""][:-1]}-gzip"'  # another coding is another representation
    for tag in (*tags.values(), f"W/{tags['']}", "*"):
        answer = files.response(asking("gzip", **{"If-None-Match": tag}), files.version, "page.css")
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Content-Encoding" not in answer.headers
        assert files.response(asking(**{"If-Match": tag}), files.version, "page.css").content == LONG.encode()
    assert files.response(asking(**{"If-None-Match": '"x"'}), files.version, "page.css").content == LONG.encode()
    with pytest.raises(HTTPException, match="412"):
        files.response(asking(**{"If-Match": '"x"'}), files.version, "page.css")


@pytest.mark.parametrize("version", ["", "0"])
def test_a_long_file_is_compressed_for_clients_that_accept_that(folder: Path, version: str) -> None:
    files = StaticFiles(folder, "/static/{version}/{name}")
    answer = files.response(asking("gzip, br"), version or files.version, "page.css")
    assert gzip.decompress(answer.content).decode() == LONG
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    whole = files.response(asking("br"), version or files.version, "page.css")
    assert "Content-Encoding" not in whole.headers
    assert whole.headers["Vary"] == "Accept-Encoding"  # so that no cache gives it to who would take the other one
    assert files.response(asking("gzip"), version, "icon.svg").content == b"<svg/>"  # short


def test_the_version_is_of_all_contents(folder: Path) -> None:
    before = StaticFiles(folder, "/static/{version}/{name}").path_of("page.css")
    assert StaticFiles(folder, "/static/{version}/{name}").path_of("page.css") == before
    (folder / "icon.svg").write_text("<svg></svg>")
    assert StaticFiles(folder, "/static/{version}/{name}").path_of("page.css") != before


@pytest.mark.parametrize("name", ["nothing.css", "notes.txt", "../page.css", ""])
def test_no_other_file_is_sent_or_led_to(folder: Path, name: str) -> None:
    files = StaticFiles(folder, "/static/{version}.css")
    with pytest.raises(NotFoundException):
        files.response(asking(), files.version, name)
    with pytest.raises(KeyError):
        files.path_of(name)
