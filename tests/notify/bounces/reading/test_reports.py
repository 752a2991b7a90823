"""Reports in the shapes of four servers, and everything that somebody might send instead."""

import random
from base64 import encodebytes

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.bounces.reading.causes import reason_of
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction, MailKind
from hireloop.notify.bounces.reading.readable import LONGEST_DIAGNOSTIC
from hireloop.notify.bounces.reading.reports import read
from hireloop.notify.reasons import Reason
from notify.bounces import sample_reports
from notify.bounces.sample_reports import EXPECTED, REPORTS, SAMPLES, report

SHAPES = sorted(path.stem for path in SAMPLES.glob("*.eml"))
TO = "bounces+tag@hire.example"
MESSAGE_ID = "<01990000-0000-7000-8000-0000000000a1@hire.example>"


def sample(name: str) -> DeliveryReport:
    return read(report(name, to=TO, message_id=MESSAGE_ID))


@pytest.mark.parametrize(
    ("name", "action", "status", "code", "remote", "said"),
    [
        ("postfix_failed", MailAction.FAILED, "5.1.1", 550, "mx.example.com", "rejected: User unknown in virtual"),
        ("postfix_no_such_domain", MailAction.FAILED, "5.4.4", None, None, "Host or domain name not found"),
        ("postfix_delayed", MailAction.DELAYED, "4.4.1", None, None, "Connection timed out"),
        ("postfix_relayed", MailAction.RELAYED, "2.0.0", 250, "mx.example.com", "queued as 42"),
        ("exim_failed", MailAction.FAILED, "5.2.2", 552, "mx.example.com", "Mailbox over quota"),
        ("exim_old_failed", MailAction.FAILED, "5.1.1", 550, None, "Recipient address rejected: User unknown"),
        ("exchange_failed", MailAction.FAILED, "5.2.2", 554, "EX02.corp.example", "QuotaExceededException"),
        ("office365_failed", MailAction.FAILED, "5.1.10", 550, None, "RESOLVER.ADR.RecipientNotFound"),
        ("gmail_failed", MailAction.FAILED, "5.1.1", 550, "gmail-smtp-in.l.google.com.", "NoSuchUser"),
        ("gmail_delayed", MailAction.DELAYED, "4.4.1", None, None, "did not accept our requests to connect"),
    ],
)
def test_each_servers_report_says_what_became_of_the_mail(
    name: str, action: MailAction, status: str, code: int | None, remote: str | None, said: str
) -> None:
    read_ = sample(name)
    assert (read_.action, read_.status, read_.code, read_.remote) == (action, status, code, remote)
    assert said in read_.diagnostic
    assert read_.recipients == {"asha@example.com"}


def test_every_mail_of_the_samples_has_its_result_and_there_are_many() -> None:
    assert set(EXPECTED) == set(SHAPES)
    assert len(EXPECTED) >= 60


@pytest.mark.parametrize("name", SHAPES)
def test_each_mail_that_comes_back_is_read_as_what_it_is(name: str) -> None:
    expected = EXPECTED[name]
    said = read(sample_reports.sample(name, to=TO)).about({"asha@example.com"})
    assert (said.kind, said.action) == (expected["kind"], expected.get("action"))
    assert said.code == expected.get("code") or "code" not in expected
    assert said.status == expected.get("status") or "status" not in expected
    assert any(words in said.diagnostic for words in expected["words"].split("|"))
    assert said.diagnostic.isprintable()
    assert "session_key" not in said.diagnostic
    assert TO in said.addressed
    if said.action is MailAction.FAILED:
        assert reason_of(said) == expected["reason"]


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_bears_the_tagged_address_and_the_message_id(name: str) -> None:
    read_ = sample(name)
    assert TO in read_.addressed
    assert MESSAGE_ID.strip("<>") in {message_id.strip("<>") for message_id in read_.message_ids}


@pytest.mark.parametrize("name", REPORTS)
def test_no_report_quotes_the_returned_mail_itself(name: str) -> None:
    assert "session_key" not in sample(name).diagnostic


@pytest.mark.parametrize(
    ("name", "kind"), [("not_a_receipt", MailKind.RECEIPT), ("not_out_of_office", MailKind.AUTO_REPLY)]
)
def test_a_receipt_or_a_holiday_notice_is_no_report(name: str, kind: MailKind) -> None:
    assert (sample(name).kind, sample(name).action) == (kind, None)


@pytest.mark.parametrize("name", REPORTS)
def test_line_ends_and_a_mailbox_line_before_it_change_nothing(name: str) -> None:
    raw = report(name, to=TO, message_id=MESSAGE_ID)
    assert read(raw.replace(b"\n", b"\r\n")) == sample(name)
    assert read(b"From MAILER-DAEMON Tue Dec  1 10:00:02 2026\n" + raw) == sample(name)


def test_the_envelopes_recipient_counts_where_the_mail_does_not_say_it() -> None:
    hidden = report(to="someone@elsewhere.example")
    assert TO not in read(hidden).addressed
    assert TO in read(hidden, recipient=TO).addressed


def test_a_report_that_somebody_forwards_as_it_was_is_read() -> None:
    forwarded = (
        b'Content-Type: multipart/mixed; boundary="fw"\n\n--fw\n\nSee below.\n--fw\nContent-Type: message/rfc822\n\n'
    )
    inner = read(forwarded + report("gmail_failed", message_id=MESSAGE_ID) + b"\n--fw--\n")
    assert inner.status == "5.1.1"
    assert inner.recipients == {"asha@example.com"}
    assert MESSAGE_ID in inner.message_ids


def test_of_several_recipients_the_gravest_word_counts() -> None:
    raw = report("postfix_relayed").replace(
        b"--7A1D2A0B39.1796133602/mail.hire.example\nContent-Description: Message Headers",
        b"\nFinal-Recipient: rfc822; second@example.com\nAction: failed\nStatus: 5.1.1\n\n"
        b"--7A1D2A0B39.1796133602/mail.hire.example\nContent-Description: Message Headers",
    )
    read_ = read(raw)
    assert (read_.action, read_.status) == (MailAction.FAILED, "5.1.1")


def groups(*fields: str) -> bytes:
    said = "\n".join(f"{group}\n" for group in ("Reporting-MTA: dns; mx.example", *fields))
    return f"From: MAILER-DAEMON@mx.example\nContent-Type: message/delivery-status\n\n{said}".encode()


FIRST = "Final-Recipient: rfc822; first@example.org\nAction: failed\nStatus: 5.1.1"
OURS = "Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 451 4.4.1 no answer\nRemote-MTA: dns; mx.example.com"


@pytest.mark.parametrize(
    "naming",
    [
        "Final-Recipient: rfc822; Asha@Example.com",
        "Final-Recipient: rfc822; alias@inside.example\nOriginal-Recipient: rfc822;asha@example.com",
        "Final-Recipient: rfc822; alias@inside.example\nX-Actual-Recipient: rfc822; asha@example.com",
    ],
)
def test_of_several_recipients_the_one_that_is_asked_for_counts(naming: str) -> None:
    said = read(groups(FIRST, f"{naming}\n{OURS}")).about({"asha@example.com"})
    assert (said.action, said.status, said.code) == (MailAction.DELAYED, "4.4.1", 451)
    assert (said.remote, said.diagnostic) == ("mx.example.com", "451 4.4.1 no answer")
    assert "first@example.org" in said.recipients


def test_if_none_of_the_recipients_is_ours_the_gravest_counts() -> None:
    said = read(groups(f"Final-Recipient: rfc822; other@example.com\n{OURS}", FIRST)).about({"asha@example.com"})
    assert (said.action, said.status) == (MailAction.FAILED, "5.1.1")


def test_of_several_groups_about_our_recipient_the_gravest_counts() -> None:
    ours = "Final-Recipient: rfc822; asha@example.com\n"
    said = read(groups(FIRST, f"{ours}{OURS}", f"{ours}Action: failed\nStatus: 5.2.2")).about({"asha@example.com"})
    assert (said.action, said.status) == (MailAction.FAILED, "5.2.2")


@pytest.mark.parametrize("ours_first", [True, False])
def test_of_several_recipients_in_words_the_one_that_is_asked_for_counts(*, ours_first: bool) -> None:
    paragraphs = [
        "<asha@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n",
        "<first@example.org>:\n192.0.2.9 does not like recipient.\nRemote host said: 552 5.2.2 mailbox full\n",
    ]
    said = "\n".join(paragraphs if ours_first else reversed(paragraphs))
    mail = f"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nHi. I'm afraid I gave up.\n\n{said}"
    ours = read(mail.encode()).about({"asha@example.com"})
    assert (ours.status, ours.code, reason_of(ours)) == ("5.1.1", None, Reason.RECIPIENT_UNKNOWN)
    theirs = read(mail.encode()).about({"first@example.org"})
    assert (theirs.status, theirs.code) == ("5.2.2", 552)


def test_a_reason_below_a_list_of_recipients_is_that_of_each() -> None:
    mail = (
        b"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nThese addresses failed:\n\n"
        b"<first@example.org>\n<asha@example.com>\n<last@example.org>\n\n550 5.1.1 User unknown\n"
    )
    said = read(mail).about({"asha@example.com"})
    assert (said.action, said.code) == (MailAction.FAILED, 550)
    assert "User unknown" in said.diagnostic


def test_recipients_may_be_separated_by_a_line_of_spaces() -> None:
    delayed = b"Final-Recipient: rfc822; first@example.com\nAction: delayed\nStatus: 4.4.1\n \t\n"
    read_ = read(report().replace(b"Final-Recipient:", delayed + b"Final-Recipient:", 1))
    assert (read_.action, read_.status) == (MailAction.FAILED, "5.1.1")


@pytest.mark.parametrize(
    ("status", "action"),
    [(b"5.1.1", MailAction.FAILED), (b"4.4.7", MailAction.DELAYED), (b"2.1.5", MailAction.DELIVERED)],
)
def test_without_an_action_the_status_says_it(status: bytes, action: MailAction) -> None:
    raw = report().replace(b"Action: failed\nStatus: 5.1.1", b"Status: " + status)
    assert read(raw).action is action


def test_without_a_diagnostic_the_reports_own_sentence_is_kept() -> None:
    raw = report().replace(b"Diagnostic-Code", b"X-Nothing")
    assert "could not be delivered to one or more recipients" in read(raw).diagnostic


def test_an_encoded_status_part_is_read() -> None:
    plain = report()
    start = plain.index(b"Reporting-MTA")
    end = plain.index(b"--3B9D2A0B39.1796119202", start)
    encoded = (
        plain[:start].replace(
            b"Content-Type: message/delivery-status\n",
            b"Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64\n",
        )
        + encodebytes(plain[start:end].replace(b"\n", b"\r\n"))
        + plain[end:]
    )
    assert msgspec.structs.replace(read(encoded), digest=b"") == msgspec.structs.replace(read(plain), digest=b"")


def test_an_original_recipient_is_read_as_the_envelope_wrote_it() -> None:
    raw = report().replace(
        b"Original-Recipient: rfc822;asha@example.com", b"Original-Recipient: rfc822;asha+2Bjobs@example.com"
    )
    assert "asha+jobs@example.com" in read(raw).recipients


@pytest.mark.parametrize(
    "field",
    [
        "Cc",
        "Apparently-To",
        "X-Forwarded-For",
        "X-Gm-Original-To",
        "X-RCPT-TO",
        "X-MDRcpt-To",
        "Original-Recipient",
        "X-Real-Recipient",
        "X-MS-Exchange-Organization-OriginalEnvelopeRecipients",
    ],
)
def test_the_tagged_address_is_found_in_whichever_field_a_mailbox_writes_it(field: str) -> None:
    assert TO in read(f"From: MAILER-DAEMON@mx.example\n{field}: <{TO}>\n\nfailed".encode()).addressed


def test_the_tagged_address_is_found_in_the_status_part_and_in_a_complaint() -> None:
    postfix = report().replace(b"Arrival-Date:", f"X-Postfix-Sender: rfc822; {TO}\nArrival-Date:".encode(), 1)
    assert TO in read(postfix).addressed
    complaint = sample_reports.sample("arf_opt_out", to=TO).replace(f"To: {TO}".encode(), b"To: fbl@hire.example", 1)
    read_ = read(complaint.replace(f"Return-Path: <{TO}>".encode(), b"X-None: 1"))
    assert TO in read_.addressed
    assert "asha@example.com" in read_.recipients


# --- What hostile senders send ----------------------------------------------------------------------------------------


def never_crashes(raw: bytes) -> None:
    read_ = read(raw)
    assert len(read_.diagnostic.encode()) <= LONGEST_DIAGNOSTIC
    assert all(letter.isprintable() or letter == "\ufffd" for letter in read_.diagnostic)


@pytest.mark.parametrize("encoding", [b"base64", b"base64 \xff", b"\xffbase64"])
@pytest.mark.parametrize("charset", [b"utf-8", b"us-ascii", b"iso-2022-jp", b"no-such", b"\xff"])
def test_raw_bytes_that_claim_to_be_base64_are_read_whatever_their_charset(encoding: bytes, charset: bytes) -> None:
    head = b"From: MAILER-DAEMON@mx.example\nContent-Type: text/plain; charset=" + charset
    never_crashes(head + b"\nContent-Transfer-Encoding: " + encoding + b"\n\nunknown user \xff\xfe\xc3\xa9")


@given(st.binary(max_size=2_000))
def test_arbitrary_bytes_are_a_report_or_none(raw: bytes) -> None:
    never_crashes(raw)


@given(st.sampled_from(REPORTS), st.randoms(use_true_random=False), st.integers(1, 30))
def test_a_damaged_report_is_a_report_or_none(name: str, chance: random.Random, wounds: int) -> None:
    raw = bytearray(report(name))
    for _ in range(wounds):
        start = chance.randrange(len(raw) + 1)
        length = chance.choice([0, 1, 1, 40, 400])
        raw[start : start + length] = chance.choice([b"", b"\x00", b"\xff\xfe", b"\n", b"--", b"=?utf-8?b?", raw[:200]])
    never_crashes(bytes(raw))


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_cut_short_anywhere_is_a_report_or_none(name: str) -> None:
    raw = report(name)
    for length in range(0, len(raw), 7):
        never_crashes(raw[:length])


def test_a_report_with_a_huge_mail_attached_is_read_by_its_first_megabyte() -> None:
    raw = report("exim_failed", message_id=MESSAGE_ID) + b"x" * 5_000_000
    assert MESSAGE_ID in read(raw).message_ids


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(20_000)),
        b"Content-Type: message/rfc822\n\n" * 30_000,
        b'Content-Type: multipart/report; boundary="b"\n\n' + b"--b\n" * 250_000,
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
        + b"\n" * 900_000,
        b"X-Failed-Recipients: " + b"a@b.example," * 80_000 + b"\n\n" + b"-" * 100_000,
        b"Content-Type: multipart/mixed; " + b"boundary=" * 100_000 + b"\n\nx",
        b"To: " + b" \n " * 300_000 + b"\n\nx",
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\nStatus: '
        + b"5.1" * 300_000,
        b"From: MAILER-DAEMON@mx.example\n\n" + b"<a@b.example>: <b@b.example>: no such user\n" * 20_000,
        b"From: MAILER-DAEMON@mx.example\n\n" + b"your mail " * 90_000,
        b"From: MAILER-DAEMON@mx.example\n\n" + b"Feedback-Type: Received: ; " * 30_000,
    ],
)
@pytest.mark.timeout(30)  # work in the square of the length would take minutes
def test_hostile_nesting_and_repetition_are_read_in_proportion(raw: bytes) -> None:
    never_crashes(raw)


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "utf-16", "iso2022_jp", "unicode_escape", "zlib", "nonsense"])
def test_words_in_any_charset_are_kept_as_far_as_they_go(charset: str) -> None:
    raw = (
        report()
        .replace(b"charset=us-ascii", f"charset={charset}".encode())
        .replace(b"Diagnostic-Code: smtp; 550 5.1.1", b"Diagnostic-Code: smtp; 550 5.1.1 Empf\xe4nger\x00")
    )
    assert "Empfänger\ufffd" in read(raw).diagnostic
