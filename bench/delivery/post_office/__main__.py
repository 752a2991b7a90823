"""Queue an invitation so many times and send them all; prints how many a second were sent.

Reads the invitation as JSON from standard input: `subject`, `text`, `html`, `calendar`, `messages`.
"""
# mypy: disable-error-code="import-not-found"
# Django has no types, and is installed for the benchmarks only.

import json
import sys
import time

import django
from django.core.files.base import ContentFile
from django.core.management import call_command


def main() -> None:
    """Do it in a database of its own, which is migrated first."""
    django.setup()
    call_command("migrate", verbosity=0)
    # Models can be imported only now.
    from post_office import mail
    from post_office.models import STATUS, Email

    asked = json.load(sys.stdin)
    for n in range(asked["messages"]):
        mail.send(
            recipients=[f"candidate{n}@example.com"],
            sender="interviews@hire.example",
            subject=asked["subject"],
            message=asked["text"],
            html_message=asked["html"],
            attachments={"invite.ics": ContentFile(asked["calendar"].encode())},
        )
    began = time.monotonic()
    while mail.get_queued().exists():
        mail.send_queued(processes=1, log_level=0)
    seconds = time.monotonic() - began
    if Email.objects.filter(status=STATUS.sent).count() < asked["messages"]:
        raise SystemExit("django-post-office could not send all.")
    print(asked["messages"] / seconds)


if __name__ == "__main__":
    main()
