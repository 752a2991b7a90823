import os
import signal
import smtplib
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hireloop.errors import SettingsError
from hireloop.local.mailbox.mail_folder import MailFolder
from hireloop.local.mailbox.mailbox import Mailbox

RAW = b"Subject: Interview scheduled\r\nFrom: a@hire.example\r\n\r\n.dots\r\nFrom here on\r\n\xff\xfe\r\n"
START_AND_STAY = """
import sys
from pathlib import Path
from hireloop.local.mailbox.mailbox import Mailbox
mailbox = Mailbox(Path(sys.argv[1]))
print(mailbox.start()[1], mailbox._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    made = Mailbox(tmp_path / "mail")
    yield made
    made.stop()


def send(address: tuple[str, int], *recipients: str, sender: str = "jobs@hire.example", raw: bytes = RAW) -> None:
    with smtplib.SMTP(*address, timeout=10) as client:
        client.sendmail(sender, [*recipients], raw)


def test_a_message_is_kept_byte_for_byte_with_its_envelope(mailbox: Mailbox) -> None:
    before = datetime.now(UTC)
    send(mailbox.start(), "ananya@example.com", "second@example.com", sender="bounces+1@hire.example")

    (mail,) = mailbox.messages()

    assert mail.raw == RAW
    assert mail.sender == "bounces+1@hire.example"
    assert mail.recipients == ("ananya@example.com", "second@example.com")
    assert mail.email["Subject"] == "Interview scheduled"
    assert before - timedelta(seconds=1) <= mail.received_at <= datetime.now(UTC)


def test_it_is_on_the_disk_before_the_server_says_so(mailbox: Mailbox, tmp_path: Path) -> None:
    with smtplib.SMTP(*mailbox.start(), timeout=10) as client:
        client.helo()
        client.mail("a@hire.example")
        client.rcpt("b@example.com")
        code, reply = client.data(RAW)
        kept = list((tmp_path / "mail" / "new").iterdir())

    assert code == 250
    assert reply == f"2.0.0 Ok: kept as {kept[0].name}".encode()


def test_the_newest_message_comes_first(mailbox: Mailbox) -> None:
    address = mailbox.start()
    for number in range(12):
        send(address, f"{number}@example.com")

    recipients = [mail.recipients[0] for mail in mailbox.messages()]

    assert recipients == [f"{number}@example.com" for number in reversed(range(12))]


def test_mail_survives_a_restart(mailbox: Mailbox) -> None:
    send(mailbox.start(), "first@example.com")
    mailbox.stop()
    assert [mail.recipients for mail in mailbox.messages()] == [("first@example.com",)]

    send(mailbox.start(), "second@example.com")

    assert [mail.recipients[0] for mail in mailbox.messages()] == ["second@example.com", "first@example.com"]


def test_starting_twice_gives_the_same_address_and_stopping_twice_is_fine(mailbox: Mailbox) -> None:
    host, port = mailbox.start()

    assert mailbox.start() == (host, port)
    mailbox.stop()
    mailbox.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=5)


def test_a_client_that_keeps_its_connection_does_not_keep_the_server(mailbox: Mailbox) -> None:
    with smtplib.SMTP(*mailbox.start(), timeout=10) as client:
        client.mail("a@hire.example")
        began = time.monotonic()
        mailbox.stop()

        assert time.monotonic() - began < 4  # it ended by itself: the kill comes after five seconds
        client.close()


def test_an_address_that_cannot_be_listened_on_is_said_in_a_sentence(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.local.mailbox.mailbox._HOST", "192.0.2.1")  # RFC 5737: nobody's
    with pytest.raises(SettingsError, match=r"could not listen on 192\.0\.2\.1: .*cannot assign requested address"):
        mailbox.start()


def test_a_full_disk_is_answered_with_try_again(mailbox: Mailbox, tmp_path: Path) -> None:
    address = mailbox.start()
    (tmp_path / "mail" / "tmp").rmdir()

    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(address, "b@example.com")

    assert refused.value.smtp_code == 452
    assert mailbox.messages() == []


def test_the_server_dies_with_a_parent_killed_by_kill_9(
    tmp_path: Path, run_python: Callable[..., subprocess.Popen[str]]
) -> None:
    parent = run_python(START_AND_STAY, tmp_path / "mail")
    assert parent.stdout is not None
    port, child = map(int, parent.stdout.readline().split())
    send(("127.0.0.1", port), "b@example.com")

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    deadline = time.monotonic() + 5
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(child)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert len(MailFolder(tmp_path / "mail").messages()) == 1


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_waiting_returns_what_was_chosen_as_soon_as_it_is_there(mailbox: Mailbox) -> None:
    address = mailbox.start()
    send(address, "other@example.com")
    send(address, "ananya@example.com")

    (mail,) = mailbox.wait_for(where=lambda mail: "ananya@example.com" in mail.recipients)

    assert mail.recipients == ("ananya@example.com",)
    assert len(mailbox.wait_for(2)) == 2


def test_waiting_in_vain_says_what_came(mailbox: Mailbox) -> None:
    send(mailbox.start(), "b@example.com")

    with pytest.raises(TimeoutError, match=r"1 of 3 expected messages arrived within 0\.1 s"):
        mailbox.wait_for(3, timeout=0.1)


def test_an_address_cannot_forge_the_envelope(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail")
    hostile = "a@x\nX-HireLoop-Envelope-Recipients: []\n\n"

    folder.add(sender=hostile, recipients=["ü@example.com"], raw=b"X-HireLoop-Received-At: never\n\nbody")

    (mail,) = folder.messages()
    assert mail.sender == hostile
    assert mail.recipients == ("ü@example.com",)
    assert mail.raw == b"X-HireLoop-Received-At: never\n\nbody"


def test_no_id_leads_out_of_the_folder_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "mail" / "new" / "foreign").write_text("Subject: not ours\n\n")
    ident = folder.add(sender="", recipients=[], raw=b"")

    assert folder.get("../../secret") is None
    assert folder.get("foreign") is None
    assert [mail.id for mail in folder.messages()] == [ident]
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


def test_a_deleted_message_is_gone(tmp_path: Path) -> None:
    folder = MailFolder(tmp_path / "mail")
    ident = folder.add(sender="", recipients=[], raw=b"Subject: x\n\n")
    assert len(folder.messages()) == 1

    (tmp_path / "mail" / "new" / ident).unlink()

    assert folder.messages() == []
    assert folder.get(ident) is None


def test_a_folder_that_is_there_already_and_empty_is_used(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    assert box.messages() == []
    assert [part.name for part in sorted(tmp_path.iterdir())] == ["cur", "new", "tmp"]
