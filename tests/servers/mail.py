"""A real mail server for tests: Postfix, with Dovecot for sign-in and mailboxes; each port has a fault of its own."""

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from socket import create_connection
from tempfile import mkdtemp
from typing import Self

from processes import free_port
from servers.certificates import Certificate

_POSTFIX, _DOVECOT = Path("/usr/sbin/postfix"), Path("/usr/sbin/dovecot")
_START_SECONDS = 30.0

USER, PASSWORD = "hireloop", "the_right_password"
DOMAIN = "candidates.example"  # whose mailboxes stand here

# What each port does, beside the ordinary: `-o` options of its smtpd in Postfix's master.cf, and the tables they name.
_PORTS: dict[str, Sequence[str]] = {
    "good": (),
    "takes everybody": ("smtpd_recipient_restrictions=permit",),
    "refuses us": ("smtpd_delay_reject=no", "smtpd_client_restrictions=reject"),
    "without STARTTLS": ("smtpd_tls_security_level=none",),
    "with STARTTLS": ("smtpd_tls_security_level=may",),
    "with sign-in": ("smtpd_sasl_auth_enable=yes", "smtpd_relay_restrictions=permit_sasl_authenticated,reject"),
    "refuses our sender": ("smtpd_delay_reject=no", "smtpd_sender_restrictions=check_sender_access regexp:{senders}"),
    "is full": ("queue_minfree=9000000000000000",),
    "takes small mail": ("message_size_limit=4000",),
    "defers data": ("smtpd_data_restrictions=check_client_access regexp:{data}",),
    "closes": ("smtpd_recipient_restrictions=check_client_access regexp:{closing}",),
}
_TABLES = {
    "recipients": f"/^grey/ 450 4.2.0 Greylisted\n/^nobody/ 550 5.1.1 User unknown\n/@{DOMAIN}$/ OK\n/./ REJECT\n",
    "senders": "/./ 550 5.7.1 We know no such sender\n",
    "data": "/./ 451 4.3.5 Ask me later\n",
    "closing": "/./ 421 4.7.0 Closing now\n",
}


def missing() -> str:
    """Return why these servers cannot run here; empty where they can."""
    if os.geteuid() != 0:
        return "Postfix and Dovecot drop privileges, and so want to be started by root"
    absent = [str(program) for program in (_POSTFIX, _DOVECOT) if not program.exists()]
    return f"not installed: {', '.join(absent)} (Debian: postfix dovecot-imapd dovecot-lmtpd)" if absent else ""


class RealMailServer:
    """Postfix and Dovecot on loopback; `port[what it does]` names its ports. Takes about two seconds to start."""

    def __init__(self, certificate: Certificate) -> None:
        self._home = Path(mkdtemp(prefix="hireloop-postfix-", dir="/var/tmp"))
        self._certificate = certificate
        self.port = {name: free_port() for name in _PORTS}
        self._auth, self._lmtp = free_port(), free_port()

    def __enter__(self) -> Self:
        self._home.chmod(0o755)
        self._start_dovecot()
        self._start_postfix()
        for port in (*self.port.values(), self._lmtp, self._auth):
            wait_for(port)
        return self

    def __exit__(self, *_: object) -> None:
        self._run(_POSTFIX, "-c", self._home / "postfix", "stop")
        self._run(_DOVECOT, "-c", self._home / "dovecot.conf", "stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def mailbox(self, name: str) -> list[bytes]:
        """Return what lies in this local part's mailbox, oldest first."""
        folder = self._home / "mail" / name / "new"
        return [mail.read_bytes() for mail in sorted(folder.glob("*"))] if folder.exists() else []

    def _start_dovecot(self) -> None:
        home = self._home
        (home / "mail").mkdir()
        shutil.chown(home / "mail", "mail", "mail")
        (home / "dovecot.conf").write_text(
            f"""
            protocols = lmtp
            base_dir = {home}/dovecot
            state_dir = {home}/dovecot-state
            log_path = {home}/dovecot.log
            ssl = no
            disable_plaintext_auth = no
            auth_mechanisms = plain login
            mail_location = maildir:{home}/mail/%n
            first_valid_uid = 1
            passdb {{
              driver = static
              args = user={USER} password={PASSWORD}
            }}
            userdb {{
              driver = static
              args = uid=mail gid=mail home={home}/mail/%n allow_all_users=yes
            }}
            service auth {{
              inet_listener {{
                address = 127.0.0.1
                port = {self._auth}
              }}
            }}
            service lmtp {{
              inet_listener lmtp {{
                address = 127.0.0.1
                port = {self._lmtp}
              }}
            }}
            """
        )
        self._run(_DOVECOT, "-c", home / "dovecot.conf")

    def _start_postfix(self) -> None:
        config = self._home / "postfix"
        for folder in (config, self._home / "queue", self._home / "data"):
            folder.mkdir()
        shutil.chown(self._home / "data", "postfix")
        (config / "main.cf").write_text(self._main())
        (config / "master.cf").write_text(self._master())
        for name, lines in _TABLES.items():
            (config / name).write_text(lines)
        self._run(_POSTFIX, "-c", config, "start")

    def _run(self, *command: str | Path) -> None:
        """Run a command that leaves a server behind, which keeps its output open: so not through a pipe."""
        said = self._home / "said.log"
        with said.open("w") as log:
            code = subprocess.run(command, check=False, stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode
        assert code == 0, said.read_text()

    def _main(self) -> str:
        options = {
            "compatibility_level": "3.6",
            "queue_directory": self._home / "queue",
            "data_directory": self._home / "data",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "maillog_file": self._home / "postfix.log",
            "maillog_file_prefixes": self._home,
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "myhostname": "mail.candidates.example",
            "mydestination": "",
            "local_recipient_maps": "",
            "alias_maps": "",
            "mynetworks": "",
            "virtual_mailbox_domains": DOMAIN,
            "virtual_transport": f"lmtp:inet:127.0.0.1:{self._lmtp}",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_recipient_restrictions": f"check_recipient_access regexp:{self._home}/postfix/recipients",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"inet:127.0.0.1:{self._auth}",
            "smtpd_tls_cert_file": self._certificate.cert,
            "smtpd_tls_key_file": self._certificate.key,
            "smtpd_error_sleep_time": "0",
            "notify_classes": "",
        }
        return "".join(f"{name} = {value}\n" for name, value in options.items())

    def _master(self) -> str:
        services = [
            "postlog unix-dgram n - n - 1 postlogd",
            "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup",
            "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite",
            "tlsmgr unix - - n 1000? 1 tlsmgr",
            "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce",
            "proxymap unix - - n - - proxymap",
            "anvil unix - - n - 1 anvil",
            "lmtp unix - - n - - lmtp",
            "error unix - - n - - error",
            "retry unix - - n - - error",
        ]
        for name, options in _PORTS.items():
            services.append(f"127.0.0.1:{self.port[name]} inet n - n - - smtpd")
            paths = {table: self._home / "postfix" / table for table in _TABLES}
            services += [f"  -o {{ {option.format(**paths).replace('=', ' = ', 1)} }}" for option in options]
        return "\n".join(services) + "\n"


def wait_for(port: int) -> None:
    """Wait until something listens at this port of loopback."""
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
