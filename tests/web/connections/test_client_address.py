"""Whose address counts: that of the client that a trusted proxy names, and never one that a client has made up."""

from typing import Any

import pytest
from litestar.testing import RequestFactory

from hireloop import networks
from hireloop.web.connections.client_address import ClientAddress, client_of

TRUSTED = ("127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48")
CLIENT = "198.51.100.7"


async def client(peer: str | None, *lines: str, trusted: tuple[str, ...] = TRUSTED) -> str:
    """Return whose request it is when `peer` connects and sends these lines of X-Forwarded-For."""
    scope: Any = RequestFactory().get("/").scope
    scope["client"] = None if peer is None else (peer, 4711)
    scope["headers"] = [(b"X-Forwarded-For", line.encode("latin-1")) for line in lines]
    seen = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:  # noqa: ANN401 (ASGI's)
        request = RequestFactory().get("/")
        request.scope["client"] = scope["client"]
        seen.append(client_of(request))

    layer = ClientAddress(application, tuple(map(networks.network, trusted)))
    await layer(scope, None, None)  # type: ignore[arg-type] # neither is used
    (found,) = seen
    return found


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "2001:db8:ffff::1"])
async def test_a_trusted_proxy_says_who_its_client_is(peer: str) -> None:
    assert await client(peer, CLIENT) == CLIENT


async def test_proxies_may_be_named_as_their_addresses_are_written_in_ipv6() -> None:
    for trusted in ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3", "::ffff:a01:203/128"):
        for peer in ("10.1.2.3", "::ffff:10.1.2.3"):
            assert await client(peer, CLIENT, trusted=(trusted,)) == CLIENT
        assert await client("11.1.2.3", CLIENT, trusted=(trusted,)) == "11.1.2.3"
    for everybody in ("::ffff:0:0/96", "0.0.0.0/0", "::/0"):
        with pytest.raises(ValueError, match="every address"):
            networks.network(everybody)


async def test_nobody_else_can_say_so() -> None:
    assert await client("203.0.113.9", CLIENT) == "203.0.113.9"
    assert await client("127.0.0.1", CLIENT, trusted=()) == "127.0.0.1"


async def test_what_a_client_has_sent_itself_does_not_count() -> None:
    assert await client("127.0.0.1", f"192.0.2.1, 10.0.0.1, {CLIENT}") == CLIENT
    assert await client("127.0.0.1", "192.0.2.1", CLIENT) == CLIENT  # in lines of their own
    assert await client("127.0.0.1", f"nonsense, {CLIENT}") == CLIENT


async def test_several_proxies_are_passed_over_from_the_right() -> None:
    assert await client("127.0.0.1", f"192.0.2.1, {CLIENT}, 10.0.0.1, 10.0.0.2") == CLIENT
    assert await client("127.0.0.1", f"{CLIENT}, 10.0.0.1", "10.0.0.2,") == CLIENT
    assert await client("127.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3"  # one of ours asked


@pytest.mark.parametrize("line", ["", ",", "unknown", f"{CLIENT}, unknown", f"{CLIENT};", "secret", "\xff", "10.0.0"])
async def test_where_the_proxy_names_nobody_it_counts_itself(line: str) -> None:
    assert await client("127.0.0.1", line) == "127.0.0.1"


async def test_ports_and_ways_of_writing_make_no_other_client() -> None:
    for written in (CLIENT, f"{CLIENT}:80", f"::ffff:{CLIENT}", f"[::ffff:{CLIENT}]:80"):
        assert await client("127.0.0.1", written) == CLIENT
    for written in ("2001:DB8::0:1", "[2001:db8::1]:80", "2001:db8:0:0::1"):
        assert await client("127.0.0.1", written) == "2001:db8::1"


async def test_a_header_of_ten_thousand_entries_costs_no_more_than_one_of_twenty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, original = [], networks.address_of

    def counted(text: str) -> networks.IpAddress | None:
        read.append(text)
        return original(text)

    monkeypatch.setattr(networks, "address_of", counted)
    assert await client("127.0.0.1", ", ".join(["10.0.0.1"] * 10_000)) == "10.0.0.1"
    assert len(read) == 21  # the peer and twenty entries
    assert await client("127.0.0.1", ", ".join(["192.0.2.1"] * 10_000)) == "192.0.2.1"


async def test_a_peer_without_an_address_is_nobody_in_particular() -> None:
    assert await client(None, CLIENT) == ""
    assert await client("/run/hireloop.sock", CLIENT) == "/run/hireloop.sock"


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
