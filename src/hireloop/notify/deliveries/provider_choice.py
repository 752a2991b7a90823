"""The choice between a channel's two providers: by which a delivery goes next, and when it leaves one for the other.

A delivery leaves a provider that refuses us (`reasons.OF_OUR_ROUTE`), one that lacks what the message needs
(`reasons.OF_THE_SERVER`), one that refuses the message for good after DATA and says nothing of the mailbox
(`reasons.NOT_OF_THE_MAILBOX`), and one with which two tries in a row did not get as far as MAIL.
docs/why/delivery-lifecycle.md explains the rules.
"""

from collections.abc import Iterable, Mapping

from hireloop.notify.reasons import NOT_OF_THE_MAILBOX, OF_OUR_ROUTE, OF_THE_SERVER
from hireloop.notify.transport import Outcome, Phase, Rejected, Retry

BEFORE_MAIL = frozenset({Phase.CONNECT, Phase.TLS, Phase.AUTH})
FROM_MAIL_ON = frozenset({Phase.SENDER, Phase.RECIPIENT, Phase.DATA, Phase.REPLY})
_OF_THE_MESSAGE = frozenset({Phase.DATA, Phase.REPLY})
_PERMANENT = 500  # and above: codes that a later try would get again
_UNREACHABLE_SECONDS = 60.0  # then one delivery at least finds out whether it can be reached again


def leaves_provider(outcome: Outcome | None, *, was_unreached: bool) -> bool:
    """Return whether this outcome makes a delivery leave the provider, if the other one is open and untried.

    `was_unreached`: the delivery's previous try by this provider did not get as far as MAIL either.
    """
    match outcome:
        case Retry(reason=reason) if reason in OF_OUR_ROUTE:
            return True
        case Retry(reason=reason) | Rejected(reason=reason) if reason in OF_THE_SERVER:
            return True
        case Retry(evidence=evidence) if evidence.phase in BEFORE_MAIL:
            return was_unreached
        case Retry(reason=reason, evidence=evidence) | Rejected(reason=reason, evidence=evidence):
            is_permanent = (evidence.code or 0) >= _PERMANENT
            return reason in NOT_OF_THE_MAILBOX and evidence.phase in _OF_THE_MESSAGE and is_permanent
        case _:
            return False


def arguments() -> Mapping[str, object]:
    """Return the values of the parameters that are `OF_TWO`'s own."""
    return {
        "at_once": names(OF_OUR_ROUTE | OF_THE_SERVER),
        "before_mail": names(BEFORE_MAIL),
        "unreachable_seconds": _UNREACHABLE_SECONDS,
    }


def arguments_of_refusals() -> Mapping[str, object]:
    """Return the values of the parameters that `OTHER_MAY_ACCEPT` has; `OF_TWO` has some of them, too."""
    return {
        "of_the_server": names(OF_THE_SERVER),
        "of_the_message": names(NOT_OF_THE_MAILBOX),
        "after_data": names(_OF_THE_MESSAGE),
        "permanent": _PERMANENT,
    }


def names(words: Iterable[str]) -> list[str]:
    """Return reasons or phases as a statement takes them."""
    return sorted(str(word) for word in words)


EITHER = "either"  # the route that is asked for if each delivery has its own
# Both are a part of the statement that leases, and turn `due` into `routed`. If only one provider can be used, that is
# the one.
AS_ASKED = """
    routed AS (
        SELECT *, CASE :route WHEN 'fallback' THEN 'fallback' ELSE 'primary' END AS route,
            false AS may_change_provider, false AS was_unreached
        FROM due
    )
"""
# If both are open, `history` is what each has said of each delivery since it was first due, as it is configured now:
# what an earlier one was told, or an unknown one of 0.1.0, says nothing of a corrected one. That the primary cannot be
# reached is also known from the tries of others: only the first two wait for a server that is down.
OF_TWO = """
    tried AS (
        SELECT due.id, attempt.route, number,
            row_number() OVER (PARTITION BY due.id, attempt.route ORDER BY number DESC) AS nth,
            outcome = 'retry' AND phase = ANY(:before_mail::text[]) AS is_unreached,
            outcome = 'retry' AND (
                reason = ANY(:at_once::text[])
                OR reason = ANY(:of_the_message::text[]) AND phase = ANY(:after_data::text[]) AND code >= :permanent
            ) AS is_refusal
        FROM due JOIN attempt ON attempt.delivery = due.id AND started_at >= due.first_due_at
            AND fingerprint = CASE attempt.route
                WHEN 'primary' THEN :primary_fingerprint::text ELSE :fallback_fingerprint::text END
        WHERE outcome IS DISTINCT FROM 'released'
    ), history AS (
        SELECT id, route, max(number) AS number,
            bool_or(is_refusal AND nth = 1) IS TRUE OR count(*) FILTER (WHERE is_unreached AND nth <= 2) = 2 AS is_left,
            bool_or(is_unreached AND nth = 1) IS TRUE AS was_unreached
        FROM tried GROUP BY id, route
    ), others AS (
        SELECT count(*) = 2 AS are_unreached FROM (
            SELECT outcome = 'retry' AND phase = ANY(:before_mail::text[])
                AND finished_at > coalesce(:now, now()) - make_interval(secs => :unreachable_seconds) AS is_unreached
            FROM attempt JOIN delivery ON delivery.id = attempt.delivery
            WHERE channel = :channel AND route = 'primary' AND fingerprint = :primary_fingerprint::text
              AND outcome <> 'released'
              AND started_at > coalesce(:now, now()) - interval '10 minutes'
            ORDER BY started_at DESC, attempt.delivery DESC LIMIT 2
        ) latest WHERE is_unreached
    ), sides AS (
        SELECT due.*, coalesce(first.number, 0) > coalesce(second.number, 0) AS went_by_primary,
            coalesce(first.is_left, false) AS has_left_primary, coalesce(second.is_left, false) AS has_left_fallback,
            due.matters AND (SELECT are_unreached FROM others) AS avoids_primary,
            coalesce(first.was_unreached, false) AS was_unreached_by_primary,
            coalesce(second.was_unreached, false) AS was_unreached_by_fallback
        FROM due LEFT JOIN history AS first ON first.id = due.id AND first.route = 'primary'
            LEFT JOIN history AS second ON second.id = due.id AND second.route = 'fallback'
    ), choices AS (
        SELECT *, CASE
            WHEN :route <> 'either' THEN :route
            WHEN alternates OR has_left_fallback AND (has_left_primary OR avoids_primary) THEN
                CASE WHEN went_by_primary THEN 'fallback' ELSE 'primary' END
            WHEN has_left_primary OR avoids_primary THEN 'fallback'
            ELSE 'primary' END AS route
        FROM sides
    ), routed AS (
        SELECT *, NOT has_left_primary AND NOT has_left_fallback AS may_change_provider,
            CASE route WHEN 'primary' THEN was_unreached_by_primary ELSE was_unreached_by_fallback END AS was_unreached
        FROM choices
    )
"""
# A column of the leased: whether the channel has another provider, as it is configured now, that has not refused this
# very message yet and may still be asked. One that is held is asked for what is required and for alerts alone.
OTHER_MAY_ACCEPT = """
    (
        (:other_is_open OR required OR kind = 'alert')
        AND CASE leased.route WHEN 'primary' THEN :fallback_fingerprint::text ELSE :primary_fingerprint::text END <> ''
        AND NOT EXISTS (
            SELECT FROM attempt refused WHERE refused.delivery = leased.id AND refused.started_at >= first_due_at
                AND refused.route <> leased.route AND refused.outcome = 'retry'
                AND refused.fingerprint = CASE leased.route
                    WHEN 'primary' THEN :fallback_fingerprint::text ELSE :primary_fingerprint::text END
                AND (
                    refused.reason = ANY(:of_the_server::text[])
                    OR refused.reason = ANY(:of_the_message::text[]) AND refused.phase = ANY(:after_data::text[])
                        AND refused.code >= :permanent
                )
        )
    ) IS TRUE AS other_may_accept
"""
