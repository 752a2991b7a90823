"""IP addresses and networks: as an operator types them, and as proxies write them."""

import pytest

from hireloop import networks
from hireloop.errors import SettingsError
from hireloop.settings import Settings


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "192.0.2.7/32"])
def test_an_address_or_a_network_is_trusted(text: str) -> None:
    assert Settings(trusted_proxies=[text]).trusted_proxies == [text]
    assert networks.network(text).num_addresses >= 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("proxy.example", "must be IP addresses or networks"),
        ("10.0.0.0/33", "must be IP addresses or networks"),
        ("10.0.0.1/8", "10.0.0.1/8 has bits set beyond its prefix"),
        ("*", "must be IP addresses or networks"),
        ("0.0.0.0/0", "which is every address"),
        ("::/0", "which is every address"),
        ("127.0.0.1:80", "must be IP addresses or networks"),
    ],
)
def test_anything_else_is_refused_with_what_it_should_be(text: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", f"127.0.0.1,{text}")
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES") as refused:
        Settings.read()
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:c000:201]:80", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("192.0.2.256", None),
        ("192.0.2.1:", None),
        ("192.0.2.1:123456", None),
        ("[192.0.2.1", None),
        ("[]", None),
        ('"192.0.2.1"', None),
        ("192.0.2.1 192.0.2.2", None),
        ("127.1", None),
        ("0x7f000001", None),
        ("٣.0.0.1", None),
    ],
)
def test_an_address_is_read_with_and_without_a_port(text: str, address: str | None) -> None:
    found = networks.address_of(text)
    assert (str(found) if found else None) == address
