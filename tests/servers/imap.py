"""A real IMAP server for tests: Dovecot on loopback, TLS from the first byte, one mailbox."""

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path
from socket import create_connection
from tempfile import mkdtemp
from typing import Self

from processes import free_port
from servers.certificates import Certificate

_DOVECOT = Path("/usr/sbin/dovecot")
_START_SECONDS = 30.0

USER, PASSWORD = "bounces@hire.example", 'a "quoted" word%40'


def missing() -> str:
    """Return why this server cannot run here; empty where it can."""
    if os.geteuid() != 0:
        return "Dovecot drops privileges, and so wants to be started by root"
    return "" if _DOVECOT.exists() else "not installed: dovecot (Debian: dovecot-imapd)"


class ImapServer:
    """Dovecot, ready to be asked; `put` lays a mail into the mailbox, `flags` tells what became of each."""

    def __init__(self, certificate: Certificate) -> None:
        self._home = Path(mkdtemp(prefix="hireloop-dovecot-", dir="/var/tmp"))
        self._certificate = certificate
        self._mail = self._home / "mail" / "Maildir"
        self.port = free_port()

    def __enter__(self) -> Self:
        home = self._home
        home.chmod(0o755)
        for folder in ("new", "cur", "tmp"):
            (self._mail / folder).mkdir(parents=True)
        self._own(home / "mail", self._mail, *self._mail.iterdir())
        (home / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        (home / "users").chmod(0o644)
        (home / "dovecot.conf").write_text(
            f"""
            protocols = imap
            listen = 127.0.0.1
            base_dir = {home}/run
            state_dir = {home}/state
            log_path = {home}/dovecot.log
            ssl = required
            ssl_cert = <{self._certificate.cert}
            ssl_key = <{self._certificate.key}
            mail_location = maildir:{self._mail}
            first_valid_uid = 1
            passdb {{
              driver = passwd-file
              args = {home}/users
            }}
            userdb {{
              driver = static
              args = uid=mail gid=mail home={home}/mail
            }}
            service imap-login {{
              inet_listener imap {{
                port = 0
              }}
              inet_listener imaps {{
                port = {self.port}
                ssl = yes
              }}
            }}
            """
        )
        log = (home / "output").open("wb")
        self._process = subprocess.Popen([_DOVECOT, "-F", "-c", home / "dovecot.conf"], stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + _START_SECONDS
        while True:
            try:
                create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self._process.poll() is None, (home / "output").read_text()
                assert time.monotonic() < until, (home / "dovecot.log").read_text()
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(_START_SECONDS)
        shutil.rmtree(self._home, ignore_errors=True)

    def put(self, name: str, content: bytes) -> None:
        """Lay a mail into the mailbox, as a delivery agent does."""
        mail = self._mail / "new" / f"{name}.1.test"
        mail.write_bytes(content)
        self._own(mail)

    def seen(self) -> dict[str, bool]:
        """Return of each mail, by its name, whether it is marked as seen."""
        mails = [*(self._mail / "new").iterdir(), *(self._mail / "cur").iterdir()]
        return {mail.name.partition(".")[0]: "S" in mail.name.partition(":2,")[2] for mail in mails}

    def empty(self) -> None:
        """Take every mail out."""
        for mail in (*(self._mail / "new").iterdir(), *(self._mail / "cur").iterdir()):
            mail.unlink()

    def _own(self, *paths: Path) -> None:
        owner = pwd.getpwnam("mail")
        for path in paths:
            os.chown(path, owner.pw_uid, owner.pw_gid)
