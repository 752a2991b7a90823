"""Whose domains are, by the Public Suffix List and by what mailbox providers say of theirs."""

import pytest

from hireloop.doctor.domains import is_aligned, mailbox_provider


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
        # None of these is found by the form of the name.
        ("acme.gob.ar", "jobs.acme.gob.ar", True),
        ("acme.kawasaki.jp", "other.kawasaki.jp", False),
        ("bounce.city.kawasaki.jp", "city.kawasaki.jp", True),
        ("a.b.kyoto.jp", "c.b.kyoto.jp", True),
        ("acme.github.io", "other.github.io", False),
        ("acme.us.com", "other.us.com", False),
        ("acme.k12.ca.us", "other.k12.ca.us", False),
        ("a.acme.xn--55qx5d.cn", "b.acme.xn--55qx5d.cn", True),
        ("acme.xn--55qx5d.cn", "other.xn--55qx5d.cn", False),
        ("mail.acme.de", "acme.de", True),
        ("acme.com.de", "other.com.de", False),
        ("acme.co.at", "mail.acme.co.at", True),
        ("acme.ltd.de", "other.ltd.de", True),  # `ltd.de` is an organization like any other
    ],
)
def test_domains_of_one_organization_are_aligned(one: str, other: str, *, aligned: bool) -> None:
    assert is_aligned(one, other) is is_aligned(other, one) is aligned


@pytest.mark.parametrize(
    ("domain", "server"),
    [
        ("gmail.com", "smtp.gmail.com"),
        ("googlemail.com", "smtp.gmail.com"),
        ("outlook.com", "smtp-mail.outlook.com"),
        ("outlook.com.br", "smtp-mail.outlook.com"),
        ("hotmail.co.uk", "smtp-mail.outlook.com"),
        ("yahoo.com", "smtp.mail.yahoo.com"),
        ("yahoo.co.in", "smtp.mail.yahoo.com"),
        ("gmx.de", "mail.gmx.net"),
        ("gmx.net", "mail.gmx.net"),
        ("icloud.com", "smtp.mail.me.com"),
        ("hire.example", None),
        ("gmail.hire.example", None),
        ("live.example", None),
        ("outlook.jobs", None),
        ("notgmail.com", None),
        ("com", None),
        ("localhost", None),
    ],
)
def test_a_public_mailbox_provider_is_known_by_its_domains(domain: str, server: str | None) -> None:
    provider = mailbox_provider(domain)
    assert (provider.server if provider else None) == server
