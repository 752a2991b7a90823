"""A domain as mail and look-ups write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.transports.domains import ascii_domain, with_ascii_domain


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("faß.de", "xn--fa-hia.de"),  # fass.de is somebody else's
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example.", "xn--bcher-kva.example."),
        ("भारत.example", "xn--h2brj9c.example"),
        ("σίγμας.example", "xn--kxaef0b5ab.example"),
        ("example。com", "example.com"),
        ("Example.com", "Example.com"),
        ("my_host", "my_host"),
        ("[127.0.0.1]", "[127.0.0.1]"),
    ],
)
def test_a_name_is_written_as_idna_2008_says(name: str, written: str) -> None:
    assert ascii_domain(name) == written


@pytest.mark.parametrize(
    "name",
    [
        *["", ".", "a..b", "ü..b", ".ü", "x" * 64, "ü" * 60, "☕.example", "ü b.example", "\ud800.example"],
        "b\uff20ü.example",  # a full-width @
    ],
)
def test_what_is_no_name_is_none(name: str) -> None:
    assert ascii_domain(name) is None


@given(st.text())
def test_any_text_is_a_name_in_ascii_or_none(name: str) -> None:
    written = ascii_domain(name)
    assert written is None or written.isascii()


@pytest.mark.parametrize(
    ("address", "written"),
    [("a@b@faß.de", "a@b@xn--fa-hia.de"), ("ü@b.de", "ü@b.de"), ("a", None), ("@b.de", None), ("a@", None)],
)
def test_of_an_address_only_the_domain_is_written_anew(address: str, written: str | None) -> None:
    assert with_ascii_domain(address) == written
