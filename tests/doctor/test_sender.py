"""What doctor says of the From address and the servers that send its mail."""

from typing import Any

import pytest

from hireloop.doctor.sender import finding
from hireloop.notify.diagnosis.findings import Finding
from sample_settings import settings_for


def found(sender: str, host: str, **more: Any) -> Finding:  # noqa: ANN401 (each setting has its own type)
    return finding(settings_for("postgresql://user@host/name", default_from_email=sender, email_host=host, **more))


@pytest.mark.parametrize(
    ("sender", "host", "level", "says"),
    [
        ("jobs@hire.example", "smtp.gmail.com", "ok", "Mail is sent from hire.example. It passes DMARC if SPF or a"),
        ("jobs@hire.example", "localhost", "ok", "Mail is sent from hire.example."),
        ("acme@gmail.com", "smtp.gmail.com", "ok", "Mail from gmail.com is sent through its own provider."),
        ("acme@gmail.com", "smtp.googlemail.com", "ok", "through its own provider"),
        ("acme@outlook.de", "SMTP.office365.com.", "ok", "through its own provider"),
        ("acme@gmx.de", "mail.gmx.net", "ok", "through its own provider"),
        ("acme@yahoo.co.uk", "smtp.mail.yahoo.com", "ok", "through its own provider"),
        ("acme@me.com", "smtp.mail.me.com", "ok", "through its own provider"),
        (
            "acme@gmail.com",
            "smtp.relay.example",
            "warning",
            "through smtp.relay.example, which cannot sign for gmail.com.",
        ),
        ("acme@outlook.com", "smtp.sendgrid.net", "warning", "Such mail fails DMARC, so receivers refuse it"),
        ("acme@yahoo.com", "email-smtp.eu-central-1.amazonaws.com", "warning", "which cannot sign for yahoo.com"),
        ("acme@gmx.de", "smtp.gmail.com", "warning", "which cannot sign for gmx.de"),
        ("acme@icloud.com", "smtp.gmx.net", "warning", "which cannot sign for icloud.com"),
        ("acme@gmail.com", "gmail.com.relay.example", "warning", "which cannot sign for gmail.com"),
        ("acme@gmail.com", "localhost", "warning", "Unless that server passes it on to smtp.gmail.com, it fails DMARC"),
        ("acme@gmail.com", "postfix", "warning", "Unless that server passes it on to smtp.gmail.com, it fails DMARC"),
        ("acme@gmail.com", "", "skipped", "no mail server is configured"),
    ],
)
def test_mail_from_a_public_mailbox_provider_passes_dmarc_through_its_own_servers_alone(
    sender: str, host: str, level: str, says: str
) -> None:
    one = found(sender, host)
    assert (one.check, one.level) == ("sender", level)
    assert says in one.cause
    assert bool(one.fix) is (level == "warning")


def test_the_fix_names_a_domain_of_ones_own_and_the_providers_server() -> None:
    assert found("acme@yahoo.com", "smtp.relay.example").fix == (
        "Set DEFAULT_FROM_EMAIL to an address in a domain of your own, or send mail from yahoo.com through "
        "smtp.mail.yahoo.com."
    )


def test_the_fix_names_the_url_that_may_hold_the_address() -> None:
    url = "mailtos://user:password@smtp.relay.example?from=acme@gmx.de"
    fixes = (
        found("jobs@hire.example", "", email_url=url).fix,
        found("jobs@hire.example", "smtp.hire.example", email_fallback_url=url).fix,
    )
    assert [fix.partition(" to an address")[0] for fix in fixes] == [
        "Set DEFAULT_FROM_EMAIL (or `from=` in EMAIL_URL)",
        "Set DEFAULT_FROM_EMAIL (or `from=` in EMAIL_FALLBACK_URL)",
    ]


def test_the_fallback_is_looked_at_and_the_urls_own_sender_counts() -> None:
    fallback = "mailtos://user:password@smtp.relay.example?from=acme@gmx.de"
    one = found("jobs@hire.example", "smtp.hire.example", email_fallback_url=fallback)
    assert "from gmx.de, a public mailbox provider, through smtp.relay.example" in one.cause
    assert found("acme@gmail.com", "", email_url="mailtos://u:p@mx.hire.example?from=jobs@hire.example").level == "ok"
