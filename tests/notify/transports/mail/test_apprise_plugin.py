"""Mail through Apprise's own call: what anybody gets who has no HireLoop around it."""

import runpy
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from apprise.apprise import Apprise
from apprise.common import NotifyFormat
from apprise.manager_plugins import NotificationManager

from hireloop.notify.transports.mail import email
from servers.smtp import Drop, ReceivedMail, ScriptedSmtpServer, Step

PLUGIN = Path(email.__file__).with_name("apprise_plugin.py")


@pytest.fixture(autouse=True)
def known_to_apprise() -> Iterator[None]:
    """Have Apprise know the schemas, and forget them before other tests."""
    runpy.run_path(str(PLUGIN))
    yield
    NotificationManager().remove("hireloopmail", "hireloopmails", unload=False)


def apprise_to(server: ScriptedSmtpServer, *, to: str = "to=asha@example.com") -> Apprise:
    hub = Apprise()
    assert hub.add(f"hireloopmail://me:pa%20ss@127.0.0.1:{server.port}/?from=Acme<no-reply@hire.example>&{to}")
    return hub


def mail_of(received: ReceivedMail) -> EmailMessage:
    return message_from_bytes(received.content, policy=policy.default)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).strip().replace("\r\n", "\n")


def test_a_title_and_a_body_arrive_as_subject_and_text_over_the_sign_in_of_the_url() -> None:
    with ScriptedSmtpServer() as server:
        assert apprise_to(server).notify(title="Hello आशा", body=".a line\nand 世界", body_format=NotifyFormat.TEXT)
    (received,) = server.received
    assert (received.sender, received.recipient) == ("MAIL FROM:<no-reply@hire.example>", "RCPT TO:<asha@example.com>")
    assert any(command.startswith("AUTH PLAIN ") for command in server.commands())
    mail = mail_of(received)
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "Hello आशा",
        "Acme <no-reply@hire.example>",
        "asha@example.com",
    )
    assert text_of(mail) == ".a line\nand 世界"


def test_a_page_comes_with_its_text() -> None:
    with ScriptedSmtpServer() as server:
        assert apprise_to(server).notify(title="Hello", body="<p>A <b>page</b></p>", body_format=NotifyFormat.HTML)
    mail = mail_of(server.received[0])
    assert text_of(mail, "html") == "<p>A <b>page</b></p>"
    assert "page" in text_of(mail)


def test_a_file_goes_along(tmp_path: Path) -> None:
    plan = tmp_path / "plan.bin"
    plan.write_bytes(bytes(range(256)))
    with ScriptedSmtpServer() as server:
        assert apprise_to(server).notify(title="Hello", body="The plan", attach=str(plan))
        assert not apprise_to(server).notify(title="Hello", body="The plan", attach=str(tmp_path / "missing"))
    (received,) = server.received
    (attachment,) = mail_of(received).iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("plan.bin", bytes(range(256)))


def test_each_recipient_and_copy_is_served_over_one_connection_that_is_closed_in_the_end() -> None:
    with ScriptedSmtpServer() as server:
        assert apprise_to(server, to="to=a@example.com,b@example.com&bcc=c@example.com").notify(body="Hello")
    assert server.connection_count == 1
    asked = [mail.recipient for mail in server.received]
    assert set(asked) == {f"RCPT TO:<{name}@example.com>" for name in "abc"}
    assert server.commands()[-1] == "QUIT"


@pytest.mark.parametrize("script", [{"RCPT": ["250 Ok", "550 5.1.1 No such user"]}, {"end": ["250 Ok", Drop()]}])
def test_a_mail_that_one_recipient_did_not_get_is_not_sent(script: dict[str, list[Step]]) -> None:
    with ScriptedSmtpServer(script) as server:
        assert not apprise_to(server, to="to=a@example.com,b@example.com").notify(title="Hello", body="both")


def test_where_nobody_listens_nothing_is_sent() -> None:
    with ScriptedSmtpServer() as server:
        pass
    assert not apprise_to(server).notify(title="Hello", body="Is anybody there?")


def test_apprises_retry_asks_nobody_twice_who_has_it() -> None:
    with ScriptedSmtpServer({"RCPT": ["250 Ok", "451 4.3.0 Later"]}) as server:
        assert apprise_to(server, to="to=a@example.com,b@example.com&retry=1").notify(title="Hello", body="both")
    assert [mail.recipient for mail in server.received] == ["RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>"]


def test_apprises_command_finds_it_by_its_file() -> None:
    command = "import sys; from apprise.cli import main; sys.exit(main())"
    with ScriptedSmtpServer() as server:
        url = f"hireloopmail://127.0.0.1:{server.port}/?from=no-reply@hire.example&to=asha@example.com"
        done = subprocess.run(
            [sys.executable, "-c", command, "-P", str(PLUGIN), "-t", "Hello", "-b", "there", url],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert mail_of(server.received[0])["Subject"] == "Hello"
