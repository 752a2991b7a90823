"""Who carries an alert, in order, and who is next."""

import pytest
from msgspec import structs

from hireloop.notify.deliveries.carriers import Carrier, Rank, following, ranks_of
from hireloop.notify.transport import Channel
from sample_channels import MAIL, chat

CHAT, HOOK = chat("alert", name="failures"), chat("alert", name="webhook-1a2b3c4d")
POST = structs.replace(MAIL, kinds=MAIL.kinds | {"alert"})
RITA, OPS = "rita@hire.example", "ops@hire.example"
TOLD_CHAT, TOLD_RITA, TOLD_OPS = Carrier("failures", "failures"), Carrier("email", RITA), Carrier("email", OPS)


def carriers(ranks: list[Rank]) -> list[list[Carrier]]:
    return [list(rank.carriers) for rank in ranks]


@pytest.mark.parametrize(
    ("channels", "recruiter", "alert_email", "expected"),
    [
        ([POST, CHAT], RITA, OPS, [[TOLD_CHAT], [TOLD_RITA], [TOLD_OPS]]),
        ([POST, CHAT, HOOK], None, "", [[TOLD_CHAT, Carrier(HOOK.name, HOOK.name)]]),
        ([POST], RITA, OPS, [[TOLD_RITA], [TOLD_OPS]]),
        ([POST], OPS, OPS, [[TOLD_OPS]]),
        ([POST], None, OPS, [[TOLD_OPS]]),
        ([MAIL, chat("recruiter_copy")], RITA, OPS, []),
        ([POST], None, "", []),
    ],
)
def test_chats_come_first_then_the_recruiter_then_the_receiver_of_alerts(
    channels: list[Channel], recruiter: str | None, alert_email: str, expected: list[list[Carrier]]
) -> None:
    assert carriers(ranks_of(channels, recruiter=recruiter, alert_email=alert_email)) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("failures", [[TOLD_OPS], [TOLD_CHAT]]),
        ("email", [[TOLD_CHAT], [TOLD_OPS]]),
        (None, [[TOLD_CHAT], [TOLD_OPS]]),
    ],
)
def test_a_held_channel_carries_the_alert_about_itself_last(held: str | None, expected: list[list[Carrier]]) -> None:
    assert carriers(ranks_of([POST, CHAT], recruiter=None, alert_email=OPS, held=held)) == expected


def test_a_held_channel_without_another_way_carries_its_own_alert() -> None:
    assert carriers(ranks_of([POST], recruiter=None, alert_email=OPS, held="email")) == [[TOLD_OPS]]


@pytest.mark.parametrize(
    ("tried", "reached", "expected"),
    [
        ([], 0, [TOLD_CHAT]),
        ([TOLD_CHAT], 1, [TOLD_RITA]),
        ([TOLD_CHAT, TOLD_RITA], 2, [TOLD_OPS]),
        ([TOLD_CHAT, TOLD_RITA, TOLD_OPS], 3, None),
        ([TOLD_RITA], 2, [TOLD_OPS]),  # a chat that was configured since comes after those that are still to come
        ([TOLD_RITA, TOLD_OPS], 3, [TOLD_CHAT]),
        ([TOLD_CHAT, Carrier("email", "wrong@hire.example")], 3, [TOLD_OPS]),  # ALERT_EMAIL was corrected
    ],
)
def test_the_next_carriers_are_the_first_that_were_not_tried(
    tried: list[Carrier], reached: int, expected: list[Carrier] | None
) -> None:
    ranks = ranks_of([POST, CHAT], recruiter=RITA, alert_email=OPS)
    rank = following(ranks, tried, reached=reached)
    assert (list(rank.carriers) if rank else None) == expected
