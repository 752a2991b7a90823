"""What is kept of the mails that came back, and for how long."""

import quopri
from base64 import encodebytes
from datetime import timedelta
from hashlib import sha256

import pytest

from factories import rows, soon
from hireloop.notify.bounces import returned
from hireloop.notify.bounces.returned import KEPT_FOR, LONGEST_KEPT, MOST_REMEMBERED, NewReturnedMail, Recorded
from notify.factories import mailed

KEY = b"AZAAAAAAcACAAAAAAAAAoQ.1.c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmU"
MAIL = NewReturnedMail(digest=b"1", kind="unreadable", excerpt="Hello", kept=b"mail")


@pytest.mark.parametrize(
    "raw",
    [
        b"See https://hire.example/?session_key=" + KEY + b" there",
        quopri.encodestring(b"x" * 40 + b" https://hire.example/?session_key=" + KEY + b" there"),
        b"Content-Transfer-Encoding: base64\n\n"
        + encodebytes(b"URL:https://hire.example/?session_key=" + KEY + b"\n" * 60),
    ],
)
def test_a_link_is_not_kept_however_it_is_encoded(raw: bytes) -> None:
    kept = returned.kept(raw)
    assert b"<session key>" in kept
    for encoded in (KEY, KEY[30:60], encodebytes(KEY)[:20]):
        assert encoded not in kept.replace(b"=\n", b"")


def test_the_beginning_of_a_huge_mail_is_kept_byte_for_byte() -> None:
    raw = b"Subject: \xff\x00\n\n" + b"0123456789\n" * 20_000
    assert returned.kept(raw) == raw[:LONGEST_KEPT]


def test_of_the_mails_that_are_only_counted_the_latest_are_remembered() -> None:
    digests = [sha256(b"%d" % number).digest() for number in range(MOST_REMEMBERED + 1)]
    counted = b""
    for digest in digests:
        counted = returned.counted_with(counted, digest)
    assert counted == b"".join(digest[:8] for digest in digests[1:])


@pytest.mark.usefixtures("database")
async def test_what_came_back_is_forgotten_after_its_time() -> None:
    delivery, now = await mailed(), soon()
    assert await returned.note(delivery, MAIL, now=now - KEPT_FOR - timedelta(minutes=1)) is Recorded.NEW
    assert (
        await returned.note(delivery, NewReturnedMail(digest=b"2", kind="reply", excerpt="", kept=None), now=now)
        is Recorded.NEW
    )
    await returned.forget_old(now=now)
    assert [row["digest"] for row in await rows("returned_mail")] == [b"2"]


@pytest.mark.usefixtures("database")
async def test_what_came_back_is_listed_in_order_with_its_words() -> None:
    delivery, now = await mailed(), soon()
    for number in (2, 1, 3):
        mail = NewReturnedMail(digest=b"%d" % number, kind="reply", excerpt=f"{number}", kept=b"%d" % number)
        await returned.note(delivery, mail, now=now + timedelta(minutes=number))
    listed = (await returned.of_deliveries([delivery], at_most=2))[delivery]
    assert [mail.excerpt for mail in listed] == ["2", "3"]
    assert await returned.mails_of(delivery) == [b"1", b"2", b"3"]
