"""The plan of the next try, for any tries, times and wishes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.deliveries import retry

NOW = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

_tries = st.integers(0, 10_000)
_jitter = st.floats(0, 1)
_seconds = st.floats(-100_000, 1_000_000, allow_nan=False)
_wishes = st.none() | st.floats(0, 1_000_000_000)


def _due(
    *,
    tries: int = 1,
    deadline_in: float = 86_400,
    at_risk_in: float | None = None,
    after_seconds: float | None = None,
    jitter: float = 1.0,
) -> float:
    """Return in how many seconds the next try is due."""
    due = retry.next_due(
        tries=tries,
        now=NOW,
        deadline_at=NOW + deadline_in * SECOND,
        at_risk_at=None if at_risk_in is None else NOW + at_risk_in * SECOND,
        after_seconds=after_seconds,
        jitter=lambda: jitter,
    )
    return (due - NOW).total_seconds()


@given(tries=_tries, deadline_in=_seconds, at_risk_in=st.none() | _seconds, wish=_wishes, jitter=_jitter)
def test_a_try_is_never_planned_past_the_next_of_at_risk_time_and_deadline(
    tries: int, deadline_in: float, at_risk_in: float | None, wish: float | None, jitter: float
) -> None:
    due = _due(tries=tries, deadline_in=deadline_in, at_risk_in=at_risk_in, after_seconds=wish, jitter=jitter)
    for end in (deadline_in, at_risk_in):
        if end is not None and end > 1e-6:  # the clock's grain
            assert due > 0
            assert due <= end + 1e-6


@given(tries=_tries, wish=st.floats(0, 1_000_000_000), jitter=_jitter, deadline_in=st.floats(10, 1_000_000))
def test_what_the_other_side_asked_for_is_the_least_unless_time_runs_out_before(
    tries: int, wish: float, jitter: float, deadline_in: float
) -> None:
    due = _due(tries=tries, after_seconds=wish, jitter=jitter, deadline_in=deadline_in)
    assert due >= min(wish, 3600, deadline_in) - 1e-6


@given(tries=_tries, jitter=_jitter)
def test_the_pause_is_between_half_and_all_of_a_bound_that_only_grows_to_15_min(tries: int, jitter: float) -> None:
    far = 365 * 86_400
    due = _due(tries=tries, jitter=jitter, deadline_in=far)
    most, least = _due(tries=tries, jitter=1.0, deadline_in=far), _due(tries=tries, jitter=0.0, deadline_in=far)
    assert 2.5 <= least <= due <= most <= 900
    assert most == pytest.approx(2 * least)
    assert most <= _due(tries=tries + 1, jitter=1.0, deadline_in=far)


@given(tries=_tries, jitter=_jitter, deadline_in=st.floats(4, 1_000_000))
def test_near_the_deadline_four_more_tries_fit(tries: int, jitter: float, deadline_in: float) -> None:
    assert _due(tries=tries, jitter=jitter, deadline_in=deadline_in) <= deadline_in / 4 + 1e-6


def test_the_first_pauses_double_from_5_s() -> None:
    assert [_due(tries=tries) for tries in range(1, 12)] == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]


def test_an_at_risk_time_that_has_passed_no_longer_brings_the_next_try_forward() -> None:
    assert _due(tries=3, at_risk_in=-1) == _due(tries=3)
    assert _due(tries=3, at_risk_in=2) == 2


@pytest.mark.parametrize("absurd", [3601, 99_999_999_999, 1e18, float("inf")])
def test_an_absurd_wish_of_the_other_side_is_an_hour_and_ends_at_the_at_risk_time(absurd: float) -> None:
    assert _due(after_seconds=absurd) == 3600
    assert _due(after_seconds=absurd, at_risk_in=600) == 600
    assert _due(after_seconds=absurd, at_risk_in=-1) == 3600
    assert _due(after_seconds=absurd, deadline_in=900) == 900


@pytest.mark.parametrize("nonsense", [-1.0, float("-inf"), float("nan")])
def test_a_wish_that_makes_no_sense_is_none(nonsense: float) -> None:
    assert _due(after_seconds=nonsense) == _due()


# --- all tries of a delivery, one after the other --------------------------------------------------------------


def _moments(lifetime: float, at_risk_in: float | None, jitters: Iterator[float]) -> list[float]:
    """Return when each try is due, in seconds from the first, of a delivery that always fails until its deadline."""
    deadline_at, at_risk_at = NOW + lifetime * SECOND, None if at_risk_in is None else NOW + at_risk_in * SECOND
    tried = [NOW]
    while tried[-1] < deadline_at:
        due = retry.next_due(
            tries=len(tried),
            now=tried[-1],
            deadline_at=deadline_at,
            at_risk_at=at_risk_at,
            after_seconds=None,
            jitter=lambda: next(jitters),
        )
        tried.append(due)
    return [(moment - NOW).total_seconds() for moment in tried]


_lifetimes = st.floats(5, 3 * 86_400)
_spread = st.lists(_jitter, min_size=1, max_size=20).map(cycle)


@given(lifetime=_lifetimes, jitters=_spread)
def test_from_any_try_with_5_s_left_four_more_fit_before_the_deadline(
    lifetime: float, jitters: Iterator[float]
) -> None:
    tried = _moments(lifetime, None, jitters)
    assert tried[-1] == pytest.approx(lifetime, abs=1e-5)  # it ends at the deadline and never goes past it
    before = [moment for moment in tried if moment < lifetime - 1e-5]
    for nth, moment in enumerate(before):
        if lifetime - moment >= 5:
            assert len(before) - nth - 1 >= 4


@given(lifetime=_lifetimes, share=st.floats(0, 1), jitters=_spread)
def test_no_pause_is_longer_than_15_min_or_shorter_than_half_a_second_and_a_try_stands_at_the_at_risk_time(
    lifetime: float, share: float, jitters: Iterator[float]
) -> None:
    at_risk_in = lifetime * share
    tried = _moments(lifetime, at_risk_in, jitters)
    assert any(moment == pytest.approx(at_risk_in, abs=1e-5) for moment in tried)
    for earlier, later in pairwise(tried):
        assert earlier < later <= earlier + 900 + 1e-5
        if later < lifetime - 1e-5 and abs(later - at_risk_in) > 1e-5:  # neither end has cut it short
            assert later - earlier >= 0.5 - 1e-5
