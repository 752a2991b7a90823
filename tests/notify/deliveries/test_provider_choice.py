"""When a delivery leaves its provider for the other one; nothing here needs a database."""

import pytest

from hireloop.notify.deliveries import provider_choice
from hireloop.notify.reasons import NOT_OF_THE_MAILBOX, OF_OUR_ROUTE, OF_THE_SERVER, Reason
from hireloop.notify.transport import Evidence, Held, Outcome, Phase, Rejected, Retry, Sent

EVERY_PHASE = frozenset(Phase)
BEFORE_MAIL = [Phase.CONNECT, Phase.TLS, Phase.AUTH]
FROM_MAIL_ON = [Phase.SENDER, Phase.RECIPIENT, Phase.DATA, Phase.REPLY]


def _leaves(outcome: Outcome | None, *, was_unreached: bool = False) -> bool:
    return provider_choice.leaves_provider(outcome, was_unreached=was_unreached)


@pytest.mark.parametrize("phase", [Phase.AUTH, *FROM_MAIL_ON])
@pytest.mark.parametrize("reason", sorted(OF_OUR_ROUTE))
def test_a_refusal_of_us_leaves_the_provider_at_once(reason: Reason, phase: Phase) -> None:
    assert _leaves(Retry(reason=reason, evidence=Evidence(phase=phase, code=550)))


@pytest.mark.parametrize("phase", [Phase.DATA, Phase.REPLY])
@pytest.mark.parametrize("reason", sorted(NOT_OF_THE_MAILBOX))
def test_a_message_refused_without_a_word_about_the_mailbox_leaves_the_provider(reason: Reason, phase: Phase) -> None:
    assert _leaves(Rejected(reason=reason, evidence=Evidence(phase=phase, code=554)))


@pytest.mark.parametrize("phase", [Phase.DATA, Phase.REPLY])
def test_a_message_blocked_for_good_after_data_leaves_the_provider(phase: Phase) -> None:
    assert _leaves(Retry(reason=Reason.POLICY_BLOCK, evidence=Evidence(phase=phase, code=550)))


@pytest.mark.parametrize("code", [None, 550, 555])
@pytest.mark.parametrize("phase", [Phase.SENDER, Phase.RECIPIENT])
@pytest.mark.parametrize("reason", sorted(OF_THE_SERVER))
def test_a_message_that_needs_what_the_server_lacks_leaves_the_provider(
    reason: Reason, phase: Phase, code: int | None
) -> None:
    assert _leaves(Rejected(reason=reason, evidence=Evidence(phase=phase, code=code)))


@pytest.mark.parametrize("phase", BEFORE_MAIL)
@pytest.mark.parametrize("reason", ["connection_refused", "timed_out", "server_busy", "auth_deferred"])
def test_the_second_try_that_did_not_get_as_far_as_mail_leaves_the_provider(reason: str, phase: Phase) -> None:
    unreached = Retry(reason=reason, evidence=Evidence(phase=phase))
    assert not _leaves(unreached)
    assert _leaves(unreached, was_unreached=True)


@pytest.mark.parametrize("was_unreached", [True, False])
@pytest.mark.parametrize(
    "outcome",
    [
        None,
        Sent(evidence=Evidence(phase=Phase.REPLY, code=250)),
        Held(reason=Reason.SENDER_REFUSED, evidence=Evidence(phase=Phase.SENDER, code=550)),
        *(
            Rejected(reason=reason, evidence=Evidence(phase=phase, code=550))
            for reason in ("recipient_unknown", "recipient_refused", "mailbox_full", "mailbox_disabled")
            for phase in (Phase.RECIPIENT, Phase.DATA, Phase.REPLY)
        ),
        Rejected(reason=Reason.MESSAGE_REFUSED, evidence=Evidence(phase=Phase.HTTP, code=400)),
        Retry(reason=Reason.POLICY_BLOCK, evidence=Evidence(phase=Phase.RECIPIENT, code=550)),
        Retry(reason=Reason.POLICY_BLOCK, evidence=Evidence(phase=Phase.REPLY, code=451)),
        Retry(reason=Reason.RECIPIENT_DEFERRED, evidence=Evidence(phase=Phase.RECIPIENT, code=451)),
        Retry(reason=Reason.TIMED_OUT, evidence=Evidence(phase=Phase.REPLY), maybe_accepted=True),
        Retry(reason=Reason.RENDER_FAILED, evidence=Evidence(phase=Phase.CONFIGURE)),
    ],
)
def test_what_the_recipients_side_says_or_nobody_leaves_no_provider(
    outcome: Outcome | None,
    was_unreached: bool,  # noqa: FBT001
) -> None:
    assert not _leaves(outcome, was_unreached=was_unreached)


def test_every_phase_of_smtp_is_before_mail_or_from_mail_on() -> None:
    assert EVERY_PHASE - {Phase.CONFIGURE, Phase.HTTP} == provider_choice.BEFORE_MAIL | provider_choice.FROM_MAIL_ON
    assert not provider_choice.BEFORE_MAIL & provider_choice.FROM_MAIL_ON
