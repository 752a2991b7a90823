"""What doctor says of bounces: whether they are noticed, and how the addresses stand to each other."""

from typing import Any

import pytest

from hireloop.doctor.bounces import finding
from sample_settings import settings_for

BOTH = {"bounce_address": "bounces@hire.example", "default_from_email": "Acme <interviews@hire.example>"}
IMAP = {"bounce_imap_url": "imaps://u:p@imap.hire.example/INBOX"}


@pytest.mark.parametrize(
    ("values", "has_seen_one", "level", "says"),
    [
        (BOTH | IMAP, False, "ok", "hire.example, is that of the From address"),
        (BOTH, True, "ok", "is returned to BOUNCE_ADDRESS"),
        (BOTH, None, "ok", "is returned to BOUNCE_ADDRESS"),
        (BOTH, False, "warning", "not known whether anything reads it"),
        (BOTH | IMAP | {"bounce_address": "b@mx.hire.example"}, True, "ok", "aligned with hire.example"),
        (BOTH | IMAP | {"bounce_address": "b@relay.example"}, True, "warning", "SPF does not count for DMARC"),
        (
            BOTH | IMAP | {"email_url": "mailtos://u:p@mx.example?from=jobs@relay.example"},
            True,
            "warning",
            "mail is sent from relay.example, so SPF",
        ),
        (
            BOTH | IMAP | {"default_from_email": "acme@gmail.com"},
            True,
            "warning",
            "mail is sent from gmail.com, so SPF",
        ),
        ({"bounce_address": ""}, False, "warning", "goes unnoticed"),
        (IMAP | {"bounce_address": ""}, True, "warning", "only if its report quotes the complete header"),
    ],
)
def test_the_finding_says_whether_bounces_are_noticed_and_what_dmarc_makes_of_the_address(
    values: dict[str, Any], level: str, says: str, *, has_seen_one: bool | None
) -> None:
    found = finding(settings_for("postgresql://user@host/name", **values), has_seen_one=has_seen_one)
    assert (found.check, found.level) == ("bounces", level)
    assert says in found.cause
    assert bool(found.fix) is (level == "warning")


def test_nobody_is_told_to_change_a_mailbox_providers_domain() -> None:
    values = BOTH | IMAP | {"default_from_email": "acme@gmail.com"}
    found = finding(settings_for("postgresql://user@host/name", **values), has_seen_one=True)
    assert found.fix == "Set DEFAULT_FROM_EMAIL to an address in the domain of BOUNCE_ADDRESS."
    values |= {"email_url": "mailtos://u:p@mx.hire.example?from=acme@gmail.com"}
    found = finding(settings_for("postgresql://user@host/name", **values), has_seen_one=True)
    assert found.fix.startswith("Set DEFAULT_FROM_EMAIL (or `from=` in EMAIL_URL) to an address in the domain of")
