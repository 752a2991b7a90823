"""The plan of the faults: the same for the same seed, and with everything in it however short it is."""

import pytest

from chaos.faults import Kind, plan
from hireloop.notify.deliveries.leases import LEASE_SECONDS


def test_a_seed_draws_the_same_faults_again_and_another_seed_others() -> None:
    assert plan(7, 180) == plan(7, 180)
    assert plan(7, 180) != plan(8, 180)


@pytest.mark.parametrize("seconds", [20, 180])
@pytest.mark.parametrize("seed", range(20))
def test_each_kind_of_fault_comes_and_all_of_them_in_the_time_of_the_bookings(seed: int, seconds: float) -> None:
    faults = plan(seed, seconds)
    assert {fault.kind for fault in faults} == set(Kind)
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    assert all(0 < fault.at < seconds for fault in faults)
    assert all(fault.lasts > LEASE_SECONDS for fault in faults if fault.kind is Kind.PAUSE)


def test_several_come_at_the_same_moment_now_and_then() -> None:
    moments = [fault.at for fault in plan(7, 180)]
    assert len(set(moments)) < len(moments)
