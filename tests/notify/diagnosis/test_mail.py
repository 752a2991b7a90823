"""What the mail settings alone tell: each fault in the words of the settings that it came from."""

import pytest

from hireloop.notify.diagnosis import mail
from hireloop.notify.diagnosis.findings import Level
from sample_settings import settings_for

CLEAR = "The mail password would be sent over the network unencrypted."
NO_USER = "{name} has a password but no user name."
NO_URL = "{name} is not a mail URL, or has parameters other than smtp, mode, from, name, user and pass."
WHOLE = "Set {name} to a URL such as mailtos://user:password@host."


@pytest.mark.parametrize("name", ["EMAIL_URL", "EMAIL_FALLBACK_URL"])
@pytest.mark.parametrize(
    ("url", "cause", "fix"),
    [
        ("mailtos://:canary@mail.example?from=a@b.example", NO_USER, WHOLE),
        ("mailto://u:canary@mail.example", CLEAR, "Use mailtos:// in {name}."),
        ("slack://u:canary@mail.example", NO_URL, WHOLE),
    ],
)
def test_a_fault_of_a_url_is_told_by_its_own_name(name: str, url: str, cause: str, fix: str) -> None:
    settings = settings_for("postgresql://nowhere/d", email_host="localhost", **{name.lower(): url})
    found = mail.check(settings, url=url if name == "EMAIL_FALLBACK_URL" else "")
    assert (found.level, found.cause, found.fix) == (Level.FAILURE, cause.format(name=name), fix.format(name=name))
    assert "canary" not in repr(found)
