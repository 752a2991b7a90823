"""The mailbox for reports, on a real IMAP server."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from hireloop.errors import MailboxError
from hireloop.notify.bounces.mailbox import BounceMailbox
from hireloop.notify.bounces.reading.reports import LONGEST
from processes import free_port
from servers import imap as imap_server
from servers.certificates import Certificate, self_signed
from servers.imap import PASSWORD, USER, ImapServer

pytestmark = pytest.mark.skipif(bool(imap_server.missing()), reason=imap_server.missing())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="module")
def server(certificate: Certificate) -> Iterator[ImapServer]:
    with ImapServer(certificate) as running:
        yield running


@pytest.fixture
def imap(server: ImapServer, certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    """The server, trusted, its mailbox empty."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
    yield server
    server.empty()


def url(server: ImapServer, *, password: str = PASSWORD, folder: str = "/INBOX") -> str:
    return f"imaps://{quote(USER, safe='')}:{quote(password, safe='')}@127.0.0.1:{server.port}{folder}"


@pytest.mark.parametrize("folder", ["/INBOX", "/", ""])
def test_a_mail_is_unseen_until_it_is_marked(imap: ImapServer, folder: str) -> None:
    imap.put("first", b"Subject: first\n\nA report\n")
    imap.put("second", b"Subject: second\n\nAnother\n")
    with BounceMailbox(url(imap, folder=folder)) as mailbox:
        unseen = mailbox.unseen()
        mails = {uid: mailbox.read(uid).replace(b"\r\n", b"\n") for uid in unseen}
        assert sorted(mails.values()) == [b"Subject: first\n\nA report\n", b"Subject: second\n\nAnother\n"]
        assert mailbox.unseen() == unseen
        (first,) = [uid for uid, mail in mails.items() if b"first" in mail]
        mailbox.mark_seen(first)
        assert mailbox.unseen() == [uid for uid in unseen if uid != first]
        names = {mailbox.name_of(uid) for uid in unseen}
    assert imap.seen() == {"first": True, "second": False}
    with BounceMailbox(url(imap)) as mailbox:
        (left,) = mailbox.unseen()
        assert mailbox.name_of(left) in names


def test_of_a_huge_mail_only_the_beginning_is_fetched(imap: ImapServer) -> None:
    imap.put("huge", b"Subject: huge\n\n" + b"0123456789\n" * 200_000)
    with BounceMailbox(url(imap)) as mailbox:
        (uid,) = mailbox.unseen()
        assert len(mailbox.read(uid)) == LONGEST


def test_a_mail_that_somebody_deletes_meanwhile_is_empty(imap: ImapServer) -> None:
    imap.put("gone", b"Subject: gone\n\n")
    with BounceMailbox(url(imap)) as mailbox:
        (uid,) = mailbox.unseen()
        assert mailbox.read(f"{uid}99") == b""


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": "canary"}, "refuses the sign-in or the folder"),
        ({"password": "canäry"}, "refuses the sign-in or the folder"),
        ({"folder": "/No%20such%20folder"}, "refused to open the folder"),
    ],
)
def test_a_refusal_is_one_sentence_without_the_password(imap: ImapServer, wrong: dict[str, str], says: str) -> None:
    with pytest.raises(MailboxError, match=says) as refused, BounceMailbox(url(imap, **wrong)):
        pass
    assert "can" not in str(refused.value).replace("cannot", "")


@pytest.mark.usefixtures("server")
def test_a_server_that_is_not_trusted_or_not_there_is_not_asked(server: ImapServer) -> None:
    with (
        pytest.raises(MailboxError, match=r"cannot be reached \(SSLCertVerificationError\)"),
        BounceMailbox(url(server)),
    ):
        pass
    nowhere = f"imaps://a:b@127.0.0.1:{free_port()}/INBOX"
    with pytest.raises(MailboxError, match=r"cannot be reached \(ConnectionRefusedError\)"), BounceMailbox(nowhere):
        pass
