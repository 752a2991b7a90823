"""What doctor says of bounces: whether they are noticed, and how the addresses stand to each other."""

from typing import Any

import pytest

from hireloop.doctor.bounces import finding, is_aligned
from sample_settings import settings_for

BOTH = {"bounce_address": "bounces@hire.example", "default_from_email": "Acme <interviews@hire.example>"}
IMAP = {"bounce_imap_url": "imaps://u:p@imap.hire.example/INBOX"}


@pytest.mark.parametrize(
    ("one", "other", "aligned"),
    [
        ("hire.example", "hire.example", True),
        ("bounce.hire.example", "hire.example", True),
        ("hire.example", "mail.hire.example", True),
        ("bounce.hire.example", "mail.hire.example", True),
        ("a.acme.co.uk", "b.acme.co.uk", True),
        ("acme.co.uk", "other.co.uk", False),
        ("hire.example", "another.example", False),
        ("nothire.example", "hire.example", False),
        ("example", "localhost", False),
        ("localhost", "localhost", True),
        ("a.id.au", "b.id.au", False),
        ("co.uk", "acme.co.uk", False),
        ("com", "acme.com", False),
        ("a.nhs.uk", "mail.a.nhs.uk", True),
    ],
)
def test_domains_of_one_organization_are_aligned(one: str, other: str, *, aligned: bool) -> None:
    assert is_aligned(one, other) is is_aligned(other, one) is aligned


@pytest.mark.parametrize(
    ("values", "has_seen_one", "level", "says"),
    [
        (BOTH | IMAP, False, "ok", "hire.example, is that of the From address"),
        (BOTH, True, "ok", "is returned to BOUNCE_ADDRESS"),
        (BOTH, None, "ok", "is returned to BOUNCE_ADDRESS"),
        (BOTH, False, "warning", "not known whether anything reads it"),
        (BOTH | IMAP | {"bounce_address": "b@mx.hire.example"}, True, "ok", "aligned with hire.example"),
        (BOTH | IMAP | {"bounce_address": "b@relay.example"}, True, "warning", "SPF does not count for DMARC"),
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
