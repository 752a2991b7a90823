"""Who hears what, as is usual and as MESSAGE_ROUTES says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.errors import SettingsError
from hireloop.notify.channels.message_routes import Subscriber, kinds_by_channel
from hireloop.notify.messages import CANDIDATE_KINDS, KNOWN_KINDS
from sample_channels import FOR_CHATS, FOR_PROGRAMS, FOR_RECRUITERS, TO_ACT_ON

RECRUITERS = Subscriber(name="recruiters", tags=("recruiters",))
FAILURES = Subscriber(name="failures", tags=("failures",))
OTHERS = Subscriber(name="team", tags=("team",))
SLACK = Subscriber(name="slack-1a2b3c4d")
HOOK = Subscriber(name="webhook-1a2b3c4d", family="webhook")


@pytest.mark.parametrize(
    ("subscribers", "expected"),
    [
        ([], {"email": CANDIDATE_KINDS | TO_ACT_ON | {"alert"}}),
        ([SLACK], {"email": CANDIDATE_KINDS | {"alert"}, SLACK.name: FOR_CHATS}),
        ([HOOK], {"email": CANDIDATE_KINDS | {"alert"}, HOOK.name: FOR_PROGRAMS}),
        ([RECRUITERS], {"email": CANDIDATE_KINDS | {"alert"}, "recruiters": FOR_RECRUITERS}),
        ([FAILURES], {"email": CANDIDATE_KINDS | TO_ACT_ON | {"alert"}, "failures": {"alert"}}),
        ([OTHERS], {"email": CANDIDATE_KINDS | TO_ACT_ON | {"alert"}, "team": set()}),
        (
            [RECRUITERS, FAILURES, HOOK],
            {
                "email": CANDIDATE_KINDS | {"alert"},
                "recruiters": FOR_RECRUITERS,
                "failures": {"alert"},
                HOOK.name: FOR_PROGRAMS,
            },
        ),
    ],
)
def test_each_kind_has_its_usual_place(subscribers: list[Subscriber], expected: dict[str, frozenset[str]]) -> None:
    assert kinds_by_channel("", subscribers) == expected


@pytest.mark.parametrize(
    ("routes", "kind", "names"),
    [
        ("recruiter_copy=email", "recruiter_copy", {"email"}),
        ("recruiter_copy=email recruiter_copy=recruiters", "recruiter_copy", {"email", "recruiters"}),
        ("alert=failures,alert=slack-1a2b3c4d", "alert", {"failures", "slack-1a2b3c4d"}),
        ("  alert=webhook\n,", "alert", {"webhook-1a2b3c4d"}),
        ("alert=none", "alert", set()),
        ("late_request=team", "late_request", {"team"}),
        ("alert=none", "recruiter_copy", {"recruiters", "slack-1a2b3c4d", "webhook-1a2b3c4d"}),
        ("invitation=email", "invitation", {"email"}),
        ("entered=team", "entered", {"team"}),
        ("entered=recruiters entered=webhook", "entered", {"recruiters", "webhook-1a2b3c4d"}),
        ("no_show=email", "no_show", {"email"}),
        ("", "confirmed", {"webhook-1a2b3c4d"}),
        # Of a candidate who cancels, a recruiter copy told until 0.1.0: who heard that hears this.
        ("recruiter_copy=email", "declined", {"email"}),
        ("recruiter_copy=team", "declined", {"team"}),
        ("recruiter_copy=team declined=email", "declined", {"email"}),
        ("recruiter_copy=none", "declined", {"recruiters", "slack-1a2b3c4d", "webhook-1a2b3c4d"}),
    ],
)
def test_a_route_replaces_the_usual_place_of_its_kind_alone(routes: str, kind: str, names: set[str]) -> None:
    subscribed = kinds_by_channel(routes, [RECRUITERS, FAILURES, OTHERS, SLACK, HOOK])
    assert {name for name, kinds in subscribed.items() if kind in kinds} == names


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ("alert", "'alert' is not a route"),
        ("alert=", "'alert=' is not a route"),
        ("=failures", "'=failures' is not a route"),
        ("gossip=failures", "the kind 'gossip' is unknown. Use one of alert, cancelled, confirmed"),
        ("alert=nobody", "'nobody' is unknown. Use one of email, failures, none, recruiters"),
        ("alert=none alert=failures", "nobody and another route"),
        *[(f"{kind}=recruiters", "candidates are notified only by email") for kind in sorted(CANDIDATE_KINDS)],
        ("reminder=none", "candidates are notified only by email"),
    ],
)
def test_a_route_that_cannot_be_is_refused_with_what_is_known(routes: str, said: str) -> None:
    with pytest.raises(SettingsError, match=r"^MESSAGE_ROUTES: ") as refused:
        kinds_by_channel(routes, [RECRUITERS, FAILURES])
    assert said in str(refused.value)


_NAMES = [subscriber.name for subscriber in (RECRUITERS, FAILURES, OTHERS, SLACK, HOOK)]


@given(
    subscribers=st.sets(st.sampled_from([RECRUITERS, FAILURES, OTHERS, SLACK, HOOK])),
    routes=st.lists(st.tuples(st.sampled_from(sorted(KNOWN_KINDS)), st.sampled_from(["email", "none", *_NAMES]))),
)
def test_whatever_is_routed_a_candidates_link_stays_in_mail(
    subscribers: set[Subscriber], routes: list[tuple[str, str]]
) -> None:
    try:
        subscribed = kinds_by_channel(" ".join("=".join(route) for route in routes), list(subscribers))
    except SettingsError:
        return
    assert subscribed["email"] >= CANDIDATE_KINDS
    assert all(not kinds & CANDIDATE_KINDS for name, kinds in subscribed.items() if name != "email")
    assert set().union(*subscribed.values()) <= KNOWN_KINDS
