"""The parts of a mail: what real servers write, and what somebody writes to keep us busy."""

from base64 import encodebytes

import pytest

from hireloop.notify.bounces.reading import mime


def multipart(*pieces: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--edge\n" + piece + b"\n" for piece in pieces)
    return b'Content-Type: multipart/%s; boundary="edge"\n\n%s--edge--\n' % (kind, body)


def types(raw: bytes) -> list[str]:
    return [part.get_content_type() for part in mime.walk(mime.part_of(raw))]


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("utf-8", "Empfänger unbekannt"),
        ("windows-1251", "Почтовый ящик не найден"),
        ("koi8-r", "Почтовый ящик не найден"),
        ("iso-2022-jp", "宛先が見つかりません"),
        ("gb18030", "收件人不存在"),
    ],
)
@pytest.mark.parametrize("is_encoded", [False, True])
def test_words_are_read_in_the_charset_that_they_are_in(charset: str, words: str, *, is_encoded: bool) -> None:
    body, head = words.encode(charset), f"Content-Type: text/plain; charset={charset}\n".encode()
    if is_encoded:
        body, head = encodebytes(body), head + b"Content-Transfer-Encoding: base64\n"
    assert mime.text_of(mime.part_of(head + b"\n" + body)) == words


@pytest.mark.parametrize(
    "charset", ["us-ascii", "", "nonsense", "zlib", "idna", "punycode!", "unicode-escape", '"a\0"']
)
def test_words_that_are_not_in_the_charset_that_they_claim_are_utf_8_or_latin_1(charset: str) -> None:
    head = f"Content-Type: text/plain; charset={charset}\n\n".encode()
    assert mime.text_of(mime.part_of(head + "Empfänger\\d".encode())) == "Empfänger\\d"
    assert mime.text_of(mime.part_of(head + "Empfänger\\d".encode("latin-1"))) == "Empfänger\\d"


def test_fields_are_unfolded_and_in_utf_8_or_latin_1() -> None:
    part = mime.part_of(b"To: J\xc3\xbcrgen\r\n <j@a.example>\r\nX: 1\r\ntO: J\xfcrgen\r\n\r\nbody\r\n")
    assert mime.fields_of(part, "to", "x") == "Jürgen <j@a.example>\nJürgen\n1"
    assert mime.body_of(part) == b"body\n"


def test_no_more_than_the_beginning_of_a_long_field_is_looked_at() -> None:
    part = mime.part_of(b"To: " + b"a \n " * 100_000 + b"\nX: 1\n")
    assert len(mime.fields_of(part, "to")) <= mime.LONGEST_FIELD
    assert mime.fields_of(part, "x") == "1"


def test_parts_come_in_order_with_what_they_hold() -> None:
    inner = multipart(b"\nwords", b"Content-Type: text/html\n\n<p>", kind=b"alternative")
    forwarded = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + encodebytes(
        inner.replace(b"edge", b"inner").replace(b"\n", b"\r\n")
    )
    assert types(multipart(forwarded, b"Content-Type: image/png\n\n")) == [
        "multipart/mixed",
        "message/rfc822",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/plain",  # what stands after the last part
        "image/png",
        "text/plain",
    ]


@pytest.mark.parametrize(
    "parameter",
    [b"", b'; boundary=""', b"; boundary*=utf-8''edge; boundary*0=edge", b"; boundary*=idna''edge"],
)
def test_where_no_boundary_can_be_read_there_are_no_parts(parameter: bytes) -> None:
    assert types(b"Content-Type: multipart/mixed" + parameter + b"\n\nedge\n\nwords\n") == ["multipart/mixed"]


def test_a_boundary_that_got_lost_is_the_first_line_of_the_body_that_looks_like_one() -> None:
    parts = b"--edge\n\nwords\n--edge\nContent-Type: text/html\n\n<b>\n--edge--\n"
    assert types(b"Content-Type: multipart/report\n\npreamble\n\n" + parts)[:3] == [
        "multipart/report",
        "text/plain",
        "text/html",
    ]


def test_too_many_parts_and_too_deep_ones_are_left_out() -> None:
    assert len(types(multipart(*[b"\nwords"] * 1_000))) == 50
    assert types(b"Content-Type: message/rfc822\n\n" * 1_000) == ["message/rfc822"] * 7


@pytest.mark.parametrize(
    "raw",
    [
        multipart(*[b"Content-Type: multipart/mixed; a=" + b';""' * 6_500 + b"\n\nx"] * 50),
        multipart(*[b"Content-Type: multipart/mixed; boundary*=punycode''" + b"a" * 19_000 + b"\n\nx"] * 50),
        b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 1_000_000,
        b"a:\n" * 330_000,
    ],
)
@pytest.mark.timeout(30)  # work in the square of the length would take minutes
def test_long_parameters_and_odd_charsets_are_read_in_proportion(raw: bytes) -> None:
    for part in mime.walk(mime.part_of(raw)):
        mime.text_of(part)
