"""The pages that show commands do what they show: their blocks are run in order against a real `hireloop up`."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

import node
from docs.documents import ROOT, Block, assert_shown, blocks_of, run, steps
from hireloop.local.postgres.server import EmbeddedPostgres
from processes import Hireloop, free_port
from servers.http import Raw, Reply, ScriptedHttpServer

TUTORIAL = "docs/tutorial.md"
FROM_DJANGO = "docs/how-to/move-from-the-django-application.md"
FRONTEND = "docs/how-to/book-from-a-frontend.md"
NODE = node.node()
CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="the commands of these pages need curl")


class Installation(NamedTuple):
    """What somebody who follows a page has: the address and the key that `make run` shows, and all that it says."""

    url: str
    key: str
    said: str

    def filled_in(self, text: str) -> str:
        """Return a block with the reader's own address and key in it."""
        return text.replace("http://localhost:8000", self.url).replace("hl_…", self.key)

    def as_on_the_page(self, text: str) -> str:
        """Return what was printed with the page's address and key in it."""
        return text.replace(self.url, "http://localhost:8000").replace(self.key, "hl_…")


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """`make run`, as its recipe says, in a directory of its own."""
    folder = tempfile.mkdtemp(prefix="hireloop-pages-")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {**kept, "HIRELOOP_DATA_DIR": folder, "PYTHONUNBUFFERED": "1"}
    port = free_port()
    try:
        with Hireloop("up", "--demo", "--port", str(port), env=env) as up:
            up.wait_for_log("Running. Press Ctrl-C to stop everything.", 60)
            said = up.log.read_text()
            key = re.search(r"^First API key +(hl_\S+)", said, re.MULTILINE)
            assert key is not None, said
            yield Installation(f"http://localhost:{port}", key[1], said)
    finally:
        EmbeddedPostgres(Path(folder)).stop()
        subprocess.run(["rm", "-rf", folder], check=True)


def run_page(page: str, blocks: list[Block], language: str, installation: Installation, folder: Path) -> None:
    """Run the page's blocks of one language in one process, and compare what each prints with what the page shows."""
    programs = {"sh": (["sh", "-euc"], "printf '%s\\n' '{}'"), "python": ([sys.executable, "-c"], "print('{}')")}
    program, end = programs[language]
    pairs = list(steps(blocks, language))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    outputs = run(
        program,
        [installation.filled_in(block.text) for block, _ in pairs],
        end=end,
        env={**kept, "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "PYTHONIOENCODING": "utf-8"},
        folder=folder,
    )
    for (block, shown), said in zip(pairs, outputs, strict=True):
        assert_shown(shown, installation.as_on_the_page(said), where=f"{page}:{block.line}")


def test_the_tutorial_begins_with_what_the_makefile_runs(installation: Installation) -> None:
    first, shown = next(steps(blocks_of(TUTORIAL), "sh"))
    assert first.text == "make run\n"
    recipe = re.search(r"^run:.*\n\t@(.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    assert recipe[1].startswith("$(BIN)/hireloop up --demo ")
    said = installation.as_on_the_page(installation.said)
    assert_shown(f"…\n{shown}…", said, where=TUTORIAL)


@CURL
def test_the_tutorial_does_with_curl_what_it_shows(installation: Installation, tmp_path: Path) -> None:
    run_page(TUTORIAL, blocks_of(TUTORIAL)[2:], "sh", installation, tmp_path)


def test_the_tutorial_does_in_python_what_it_shows(installation: Installation, tmp_path: Path) -> None:
    run_page(TUTORIAL, blocks_of(TUTORIAL), "python", installation, tmp_path)


@CURL
def test_the_page_for_frontends_of_the_django_application_is_true(installation: Installation, tmp_path: Path) -> None:
    functions = blocks_of(TUTORIAL)[2:4]
    assert functions[1].text.startswith("api() {")
    run_page(FROM_DJANGO, [*functions, *blocks_of(FROM_DJANGO)], "sh", installation, tmp_path)


def book_by_the_page(calls: str, *, url: str, key: str) -> list[dict[str, Any]]:
    """Run the page's function with these calls of it, as JavaScript, and return what each returned."""
    (function,) = [block.text for block in blocks_of(FRONTEND) if block.language == "js"]
    ran = subprocess.run(
        [NODE, "--input-type=module", "--eval", f"{function}\nconsole.log(JSON.stringify([{calls}]));"],
        env={"HIRELOOP": url, "KEY": key},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return msgspec.json.decode(ran.stdout, type=list[dict[str, Any]])


def test_the_page_for_frontends_books_once_and_tells_refusals_apart(installation: Installation) -> None:
    with httpx.Client(
        base_url=f"{installation.url}/api/interviews/", headers={"Authorization": f"Bearer {installation.key}"}
    ) as api:
        starts_at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=9)
        times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(minutes=45)).isoformat()}
        slot = api.post("slots/", json=times).json()["id"]
        job = {"title": "Frontend Engineer", "company": "Acme"}
        first, second = (
            api.post("", json={"candidate": {"full_name": name, "email": f"{name}@example.com"}, "job": job}).json()[
                "id"
            ]
            for name in ("Eve", "Femi")
        )
    calls = [
        f"await book('{slot}', '{interview}', '{wish}')" for interview, wish in ((first, 1), (first, 1), (second, 2))
    ]
    once, again, refused = book_by_the_page(", ".join(calls), url=installation.url, key=installation.key)
    assert once["booked"]["interview"] == first
    assert again == once
    assert refused["refused"] == "slot-full"
    assert refused["say"]


@pytest.mark.parametrize(
    "failures",
    [
        [Raw(b"")],
        [Raw(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")],
        [Reply(502, b"<html>Bad gateway</html>")],
        [Reply(503, b"{}", {"Retry-After": "0"}), Reply(429, b"{}", {"Retry-After": "0"})],
    ],
    ids=["no answer", "half an answer", "a proxy's page", "a 503 and a 429"],
)
def test_the_page_for_frontends_asks_again_with_the_same_key(failures: list[Raw | Reply]) -> None:
    with ScriptedHttpServer(*failures, Reply(201, b'{"id": "b"}')) as server:
        found = book_by_the_page("await book('s', 'i', 'a wish')", url=server.url.rstrip("/"), key="hl_x")
    assert found == [{"booked": {"id": "b"}}]
    keys = [{name.lower(): value for name, value in one.headers.items()} for one in server.received]
    assert [one["idempotency-key"] for one in keys] == ["a wish"] * (len(failures) + 1)


@pytest.mark.parametrize("page", [TUTORIAL, FROM_DJANGO])
def test_no_block_of_these_pages_is_left_out(page: str) -> None:
    tried_elsewhere = {"ini"}  # settings: `test_docs.py`
    assert {block.language for block in blocks_of(page)} <= {"sh", "python", "text", "json"} | tried_elsewhere
