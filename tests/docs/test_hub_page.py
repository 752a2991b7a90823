"""The page about the hub in another application: its program puts a message as it stands on the page."""

import importlib
from pathlib import Path

import pytest
from litestar.testing import TestClient

from docs.documents import blocks_of
from hireloop import db
from hireloop.notify.messages import CancelledMessage
from hireloop.notify.rendering import preview
from sample_settings import SECRET

PAGE = "docs/how-to/use-the-hub-in-your-own-application.md"


async def test_the_program_of_the_page_puts_a_message_and_wakes_a_worker(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"DATABASE_URL": database_url, "SECRET_KEY": SECRET, "EMAIL_HOST": "mail.example"}.items():
        monkeypatch.setenv(name, value)
    (program,) = (block.text for block in blocks_of(PAGE) if block.language == "python")
    sample = preview.sample("cancelled")
    assert isinstance(sample, CancelledMessage)
    (tmp_path / "hall.py").write_text(program.replace("CancelledMessage(...)", "sample"), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    hall = importlib.import_module("hall")
    monkeypatch.setattr(hall, "sample", sample, raising=False)
    woken: list[bool] = []
    monkeypatch.setattr(hall.hub.wakeups, "send_soon", lambda: woken.append(True))
    with TestClient(hall.app) as client:
        assert client.post("/cancel").status_code == 201
    async with db.opened(database_url):
        put = await db.fetch("SELECT kind, recipient FROM delivery")
    assert [tuple(row) for row in put] == [("cancelled", sample.candidate_email)]
    assert woken == [True]
