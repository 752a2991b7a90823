"""Which provider a try goes by, for every state that the two may be in."""

import itertools

import pytest

from hireloop.notify.channels import providers
from hireloop.notify.channels.health import Claim
from hireloop.notify.channels.providers import Among, Route, Turn
from sample_channels import WITH_FALLBACK

EITHER = Turn(route=None)
BY_PRIMARY = Turn(route=Route.PRIMARY)
PROBE_PRIMARY = Turn(route=Route.PRIMARY, probing=True)
REQUIRED_BY_FALLBACK = Turn(route=Route.FALLBACK, among=Among.REQUIRED)
PROBE_FALLBACK = Turn(route=Route.FALLBACK, among=Among.REQUIRED, probing=True)
PROBE_FALLBACK_AT_RISK = Turn(route=Route.FALLBACK, among=Among.AT_RISK, probing=True)


@pytest.mark.parametrize(
    ("primary", "fallback", "expected"),
    [
        (Claim.OPEN, None, [BY_PRIMARY]),
        (Claim.PROBE, None, [PROBE_PRIMARY]),
        (Claim.WAIT, None, []),
        (Claim.OPEN, Claim.OPEN, [EITHER]),
        (Claim.OPEN, Claim.PROBE, [PROBE_FALLBACK_AT_RISK, BY_PRIMARY]),
        (Claim.OPEN, Claim.WAIT, [BY_PRIMARY]),
        (Claim.PROBE, Claim.OPEN, [PROBE_PRIMARY, REQUIRED_BY_FALLBACK]),
        (Claim.PROBE, Claim.PROBE, [PROBE_FALLBACK, PROBE_PRIMARY]),
        (Claim.PROBE, Claim.WAIT, [PROBE_PRIMARY]),
        (Claim.WAIT, Claim.OPEN, [REQUIRED_BY_FALLBACK]),
        (Claim.WAIT, Claim.PROBE, [PROBE_FALLBACK]),
        (Claim.WAIT, Claim.WAIT, []),
    ],
)
def test_what_may_be_leased_follows_from_how_the_two_providers_stand(
    primary: Claim, fallback: Claim | None, expected: list[Turn]
) -> None:
    assert list(providers.turns(primary, fallback)) == expected


def test_a_held_provider_gets_probes_only_and_every_probe_that_was_claimed_has_its_turn() -> None:
    for primary, fallback in itertools.product(Claim, Claim):
        turns = providers.turns(primary, fallback)
        for route, claim in ((Route.PRIMARY, primary), (Route.FALLBACK, fallback)):
            over_it = [turn for turn in turns if turn.route in {route, None}]
            if claim is not Claim.OPEN:
                assert [turn.probing for turn in over_it] == [True] * (claim is Claim.PROBE)


def test_each_provider_is_held_by_its_own_fingerprint_and_has_its_own_address() -> None:
    assert providers.provider(WITH_FALLBACK, Route.PRIMARY) == WITH_FALLBACK
    fallback = providers.provider(WITH_FALLBACK, Route.FALLBACK)
    assert (fallback.name, fallback.url, fallback.fingerprint) == ("email", "mailtos://two", "f2")
