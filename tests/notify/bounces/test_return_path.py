import re
from base64 import b32encode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.errors import SettingsError
from hireloop.notify.bounces.return_path import ReturnPath, ReturnPathTransport, delivery_of
from hireloop.notify.transport import Evidence, Outcome, Parcel, Phase, Sent
from sample_settings import SECRET, settings_for

ADDRESS = "bounces@hire.example"
OLD = "an older secret, as long as it takes"
DELIVERY = UUID("01990000-0000-7000-8000-0000000000a1")
PATH = ReturnPath(ADDRESS, [SECRET])


def tagged(path: ReturnPath = PATH, delivery_id: UUID = DELIVERY) -> str:
    address = path.address(delivery_id)
    assert address is not None
    return address


def test_a_mail_comes_back_to_an_address_that_names_its_delivery() -> None:
    assert re.fullmatch(r"bounces\+[a-z2-7]{40}@hire\.example", tagged())
    assert list(PATH.deliveries(f"To: <{tagged()}>")) == [DELIVERY]


def test_without_an_address_for_bounces_no_mail_is_tagged_and_old_tags_are_read() -> None:
    nowhere = ReturnPath("", [SECRET])
    assert nowhere.address(DELIVERY) is None
    assert list(nowhere.deliveries(tagged())) == [DELIVERY]


def test_case_is_ignored_as_relays_change_it() -> None:
    assert list(PATH.deliveries(tagged().upper())) == [DELIVERY]


def test_a_forwarders_rewriting_is_read_through() -> None:
    rewritten = f"SRS0=HHH=TT=hire.example={tagged().partition('@')[0]}@forwarder.example"
    assert list(PATH.deliveries(rewritten)) == [DELIVERY]


def test_an_old_secret_still_verifies_and_a_strangers_does_not() -> None:
    address = tagged(ReturnPath(ADDRESS, [OLD]))
    assert list(ReturnPath(ADDRESS, [SECRET, OLD]).deliveries(address)) == [DELIVERY]
    assert list(PATH.deliveries(address)) == []
    assert tagged(ReturnPath(ADDRESS, [SECRET, OLD])) == tagged()


@given(st.uuids(), st.integers(0, 39), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_tag_with_any_letter_changed_is_nobodys(delivery_id: UUID, place: int, letter: str) -> None:
    tag = tagged(PATH, delivery_id).partition("+")[2].partition("@")[0]
    changed = tag[:place] + letter + tag[place + 1 :]
    assert list(PATH.deliveries(f"bounces+{changed}@hire.example")) == ([delivery_id] if changed == tag else [])


def test_a_guessed_mac_is_refused() -> None:
    guessed = b32encode(DELIVERY.bytes + bytes(9)).decode()
    assert list(PATH.deliveries(f"bounces+{guessed}@hire.example")) == []


@given(st.text())
def test_whatever_stands_in_a_header_it_is_read(text: str) -> None:
    assert list(PATH.deliveries(text)) == []


@pytest.mark.parametrize("address", ["bounces@hire.example", "a+b@hire.example", f"{'b' * 23}@hire.example"])
def test_every_address_that_the_settings_take_fits_with_its_tag(address: str) -> None:
    path = ReturnPath.of(settings_for("postgresql://h/d", bounce_address=address))
    assert len(tagged(path).rpartition("@")[0]) <= 64


def test_a_name_without_room_for_the_tag_is_refused_by_the_settings() -> None:
    with pytest.raises(SettingsError, match=r"BOUNCE_ADDRESS must be .* at most 23 characters"):
        settings_for("postgresql://h/d", bounce_address=f"{'b' * 24}@hire.example")


@pytest.mark.parametrize(
    ("message_id", "named"),
    [
        (f"<{DELIVERY}@hire.example>", DELIVERY),
        (f"{DELIVERY}@hire.example", DELIVERY),
        (f" <{str(DELIVERY).upper()}@HIRE.EXAMPLE>", DELIVERY),
        (f"<{DELIVERY}.3@hire.example>", DELIVERY),
        (f"<{DELIVERY}0@hire.example>", None),
        (f"<x{DELIVERY}@hire.example>", None),
        ("<CAF=something@mail.gmail.example>", None),
        ("", None),
    ],
)
def test_a_message_id_names_its_delivery(message_id: str, named: UUID | None) -> None:
    assert delivery_of(message_id) == named


class _Keeping:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Parcel] = []

    def send(self, parcel: Parcel) -> Outcome:
        self.sent.append(parcel)
        return Sent(evidence=Evidence(phase=Phase.REPLY))


@pytest.mark.parametrize("address", [ADDRESS, ""])
def test_a_transport_is_given_the_envelope_sender_of_each_delivery(address: str) -> None:
    inner, path, ids = _Keeping(), ReturnPath(address, [SECRET]), [uuid4(), uuid4()]
    transport = ReturnPathTransport(inner, path)
    for message_id in (*(f"<{ident}@hire.example>" for ident in ids), "<another@elsewhere.example>"):
        transport.send(Parcel(recipient="a@b.example", subject="", text="", html="", message_id=message_id))
    assert [parcel.envelope_sender for parcel in inner.sent] == [*(path.address(ident) for ident in ids), None]
