"""The peers: what it takes to hand in one and the same invitation, again and again."""

import json
import os
import smtplib
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import apprise

from bench import crowd
from bench.parts import Database
from hireloop.notify.messages import InvitationMessage
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from hireloop.notify.transports.mail import mime

_SENDER = "interviews@hire.example"


class Peers:
    """One invitation, rendered once, and three ways to send it."""

    def __init__(self, database: Database, port: int) -> None:
        self._database, self._port = database, port
        self._rounds = 0
        self._parcel = _invitation(database)
        self._content = mime.to_bytes(self._parcel, self._parcel.recipient, _SENDER, datetime.now(UTC))

    @property
    def size(self) -> int:
        """The message's bytes."""
        return len(self._content)

    def smtplib_kept(self, messages: int) -> float:
        """Return how many a second a loop of smtplib hands in over one kept connection, ready as they are."""
        with smtplib.SMTP("127.0.0.1", self._port) as connection:
            began = time.monotonic()
            for _ in range(messages):
                connection.sendmail(_SENDER, [self._parcel.recipient], self._content)
            return messages / (time.monotonic() - began)

    def stock_apprise(self, messages: int) -> float:
        """Return how many a second stock Apprise hands in: its mailto:// as it is, a URL for each recipient.

        A URL that is used again waits 5.5 s first; one for each recipient, which it takes anyway, does not.
        """
        began = time.monotonic()
        for n in range(messages):
            notifier = apprise.Apprise()
            recipient = quote(crowd.person(crowd.FIRST + n).email)
            added = notifier.add(f"mailto://127.0.0.1:{self._port}?from={_SENDER}&to={recipient}&mode=insecure")
            html = apprise.NotifyFormat.HTML
            if not (added and notifier.notify(body=self._parcel.html, title=self._parcel.subject, body_format=html)):
                raise SystemExit("Apprise could not send.")
        return messages / (time.monotonic() - began)

    def post_office(self, messages: int) -> float:
        """Return how many a second django-post-office sends of what it has queued, each noted in PostgreSQL.

        Rendered beforehand; it keeps its connections for a batch of 100 and sends in five threads, as it does unasked.
        """
        self._rounds += 1
        name = f"post_office_{self._rounds}"
        url = self._database.beside(name)
        asked = {
            "subject": self._parcel.subject,
            "text": self._parcel.text,
            "html": self._parcel.html,
            "calendar": self._parcel.calendar.decode(),
            "messages": messages,
        }
        env = {
            "DJANGO_SETTINGS_MODULE": "bench.delivery.post_office.settings",
            "POST_OFFICE_DATABASE": name,
            "POST_OFFICE_SOCKET": parse_qs(urlsplit(url).query)["host"][0],
            "POST_OFFICE_MAIL_PORT": str(self._port),
            "PATH": os.environ.get("PATH", os.defpath),
        }
        command = [sys.executable, "-m", "bench.delivery.post_office"]
        done = subprocess.run(command, env=env, input=json.dumps(asked), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"django-post-office failed:\n{done.stderr}")
        return float(done.stdout)


def _invitation(database: Database) -> Parcel:
    settings = database.settings
    renderer = Renderer(secret=settings.secrets[0], base_url=settings.base_url, sender=_SENDER, zone=settings.zone)
    one = crowd.person(crowd.FIRST)
    message = InvitationMessage(
        schedule_id=UUID(int=1),
        revision=1,
        session_id=UUID(int=2),
        key_version=1,
        candidate_name=crowd.NAME,
        candidate_email=one.email,
        time_zone="Asia/Kolkata",
        locale=None,
        job_title="Backend Engineer",
        company="Example Labs",
        recruiter_email="recruiter@example.com",
        starts_at=one.starts_at,
        ends_at=one.starts_at + timedelta(minutes=45),
        opens_at=one.starts_at - timedelta(seconds=settings.portal_early_seconds),
        closes_at=one.starts_at + timedelta(seconds=settings.portal_late_seconds),
    )
    return renderer.render(
        message,
        recipient=message.candidate_email,
        message_id="<bench@hire.example>",
        traceparent=f"00-{1:032x}-{1:016x}-01",
    )
