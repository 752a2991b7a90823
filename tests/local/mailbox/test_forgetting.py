"""The development mailbox forgets people when the database does, whichever process erases them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import httpx
import pytest

import factories
from factories import OUTBOX, TESTS, make_interview, rows
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local import application
from hireloop.local.mailbox.forgetting import Forgetting
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.scheduling.privacy import erasure
from hireloop.settings import Settings
from waiting import until_true

NAME = "Zebulon Quartz"


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mailbox")


async def booked(name: str) -> UUID:
    """Book an interview of this person; return the delivery of the invitation."""
    await factories.book(await make_interview(full_name=name, email=f"{name[:4].lower()}@example.com"))
    return (await rows("delivery"))[-1]["id"]  # type: ignore[no-any-return] # a column


def received(folder: MailFolder, message_id: str, text: str) -> str:
    mail = EmailMessage()
    mail["Message-ID"] = message_id
    mail.set_content(text)
    return folder.add(sender="", recipients=["zebulon@example.com"], raw=mail.as_bytes())


async def erase(name: str) -> None:
    person = await db.fetch_value("SELECT id FROM candidate WHERE full_name = $1", name)
    await erasure.erase(person, by=TESTS, outbox=OUTBOX)


@pytest.mark.usefixtures("database")
async def test_every_mail_about_an_erased_person_is_deleted_and_no_other(folder: MailFolder) -> None:
    theirs, others = await booked(NAME), await booked("Asha Rao")
    gone = [
        received(folder, f"<{theirs}@hire.example>", f"Hello {NAME}"),
        received(folder, f"<{theirs}.2@hire.example>", f"Hello again, {NAME}"),
    ]
    kept = {
        received(folder, f"<{others}@hire.example>", "Hello Asha"),
        received(folder, "<1@hire.example>", "a test message"),
        folder.add(sender="", recipients=[], raw=b"no head at all"),
        folder.add(sender="", recipients=[], raw=b"Message-ID: \xff\x00<" + str(theirs).encode() + b"@\n\nx"),
    }
    forgetting = Forgetting(folder)
    await forgetting.forget()
    assert len(folder.messages()) == 6
    await erase(NAME)
    await forgetting.forget()
    assert {mail.id for mail in folder.messages()} == kept
    assert [folder.get(ident) for ident in gone] == [None, None]
    received(folder, f"<{theirs}@hire.example>", f"late mail for {NAME}")
    await forgetting.forget()
    assert {mail.id for mail in folder.messages()} == kept


def test_what_another_process_has_deleted_is_not_shown_from_memory(folder: MailFolder, tmp_path: Path) -> None:
    ident = received(folder, "<1@hire.example>", "hello")
    other = MailFolder(tmp_path / "mailbox")
    assert other.get(ident) is not None
    folder.remove(ident)
    folder.remove(ident)
    assert other.get(ident) is None


@asynccontextmanager
async def visitor(settings: Settings, data_dir: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Serve what `hireloop up` serves."""
    here = settings.model_copy(update={"hireloop_data_dir": data_dir, "base_url": "http://localhost"})
    built = application.build(here)
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    async with built.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        _, key = await api_keys.create("tests", Role.ADMIN)
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


async def test_under_up_the_pages_forget_before_they_show(
    settings: Settings, tmp_path: Path, folder: MailFolder
) -> None:
    async with visitor(settings, tmp_path) as client:
        ident = received(folder, f"<{await booked(NAME)}@hire.example>", f"Hello {NAME}")
        pages = ["/dev/mailbox", f"/dev/mailbox/{ident}", f"/dev/mailbox/{ident}/source"]
        before = [(await client.get(page)).text for page in pages]
        await erase(NAME)
        after = [await client.get(page) for page in pages]
    assert [NAME in text for text in before] == [False, True, True]
    assert [answer.status_code for answer in after] == [200, 404, 404]
    assert not any(NAME in answer.text for answer in after)
    assert folder.messages() == []


async def test_under_up_the_mail_is_gone_although_nobody_looks(
    settings: Settings, tmp_path: Path, folder: MailFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.local.mailbox.forgetting._EVERY_SECONDS", 0.01)
    async with visitor(settings, tmp_path):
        received(folder, f"<{await booked(NAME)}@hire.example>", f"Hello {NAME}")
        await erase(NAME)
        await until_true(lambda: not folder.messages(), "the mail is deleted")
