"""Which provider a try goes by, for every state that the two may be in."""

import itertools

import pytest

from hireloop.notify.channels import providers
from hireloop.notify.channels.health import Availability
from hireloop.notify.channels.providers import LeaseRequest, LeaseScope, Route
from sample_channels import WITH_FALLBACK

EITHER = LeaseRequest(route=None, other_is_open=True)
BY_PRIMARY = LeaseRequest(route=Route.PRIMARY)
PROBE_PRIMARY = LeaseRequest(route=Route.PRIMARY, probing=True)
PROBE_PRIMARY_BESIDE_FALLBACK = LeaseRequest(route=Route.PRIMARY, other_is_open=True, probing=True)
REQUIRED_BY_FALLBACK = LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.REQUIRED)
PROBE_FALLBACK = LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.REQUIRED, probing=True)
PROBE_FALLBACK_WITH_TRIED = LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.TRIED, other_is_open=True, probing=True)


@pytest.mark.parametrize(
    ("primary", "fallback", "expected"),
    [
        (Availability.OPEN, None, [BY_PRIMARY]),
        (Availability.PROBE, None, [PROBE_PRIMARY]),
        (Availability.WAIT, None, []),
        (Availability.OPEN, Availability.OPEN, [EITHER]),
        (Availability.OPEN, Availability.PROBE, [PROBE_FALLBACK_WITH_TRIED, BY_PRIMARY]),
        (Availability.OPEN, Availability.WAIT, [BY_PRIMARY]),
        (Availability.PROBE, Availability.OPEN, [PROBE_PRIMARY_BESIDE_FALLBACK, REQUIRED_BY_FALLBACK]),
        (Availability.PROBE, Availability.PROBE, [PROBE_FALLBACK, PROBE_PRIMARY]),
        (Availability.PROBE, Availability.WAIT, [PROBE_PRIMARY]),
        (Availability.WAIT, Availability.OPEN, [REQUIRED_BY_FALLBACK]),
        (Availability.WAIT, Availability.PROBE, [PROBE_FALLBACK]),
        (Availability.WAIT, Availability.WAIT, []),
    ],
)
def test_what_may_be_leased_follows_from_how_the_two_providers_stand(
    primary: Availability, fallback: Availability | None, expected: list[LeaseRequest]
) -> None:
    assert list(providers.lease_requests(primary, fallback)) == expected


def test_a_held_provider_gets_probes_only_and_every_probe_that_was_claimed_has_its_turn() -> None:
    for primary, fallback in itertools.product(Availability, Availability):
        requests = providers.lease_requests(primary, fallback)
        for route, claim in ((Route.PRIMARY, primary), (Route.FALLBACK, fallback)):
            over_it = [request for request in requests if request.route in {route, None}]
            if claim is not Availability.OPEN:
                assert [request.probing for request in over_it] == [True] * (claim is Availability.PROBE)


def test_each_provider_is_held_by_its_own_fingerprint_and_has_its_own_address() -> None:
    assert providers.provider(WITH_FALLBACK, Route.PRIMARY) == WITH_FALLBACK
    fallback = providers.provider(WITH_FALLBACK, Route.FALLBACK)
    assert (fallback.name, fallback.url, fallback.fingerprint) == ("email", "mailtos://two", "f2")
