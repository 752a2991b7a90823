"""Check that a host can be reached: its name, a connection and TLS. Nothing is sent over the connection."""

import socket
import ssl
import time

from hireloop.notify.diagnosis.findings import Finding, failure, ok

SECONDS = 5.0


def check(about: str, host: str, port: int, *, secure: bool, setting: str, trusted: str | None = None) -> Finding:
    """Return the finding of the check `about` on whether a host can be reached; `setting` holds its address.

    `trusted` is a file of the authorities that count, None for those of this machine. Blocking for at most `SECONDS`,
    not counting the look-up of the name.
    """
    where = f"{host} port {port}"
    until = time.monotonic() + SECONDS
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            if not secure:
                return ok(about, f"{where} answers.")
            plain.settimeout(max(until - time.monotonic(), 0.1))
            with ssl.create_default_context(cafile=trusted).wrap_socket(plain, server_hostname=host) as secured:
                return ok(about, f"{where} answers, over {secured.version()}.")
    except (OSError, UnicodeError) as error:
        cause, fix = cause_and_fix(error, host, port, setting=setting, seconds=SECONDS)
        return failure(about, cause, fix)


def cause_and_fix(
    error: OSError | UnicodeError, host: str, port: int, *, setting: str, seconds: float
) -> tuple[str, str]:
    """Return why a connection failed with `error`, and how to fix it."""
    where = f"{host} port {port}"
    match error:
        case ssl.SSLCertVerificationError():
            cause = f"The certificate of {where} is not trusted: {error.verify_message.rstrip('.')}."
            fix = "Renew it there, or add its authority to SSL_CERT_FILE."
        case TimeoutError():  # before SSLError: a time-out in the handshake may be both
            cause = f"{where} could not be reached within {seconds:g} s."
            fix = f"Allow outgoing connections to it, or correct {setting}."
        case ssl.SSLError():
            cause = f"{where} does not speak TLS."
            fix = f"Correct the scheme or the port in {setting}."
        case socket.gaierror() | UnicodeError():
            cause = f"The host name {host} cannot be resolved."
            fix = f"Correct {setting}, or fix this machine's DNS."
        case ConnectionRefusedError():
            cause = f"Nothing is listening at {where}."
            fix = f"Correct {setting}, or start the server there."
        case _:
            cause = f"{where} cannot be reached from this machine."
            fix = f"Fix the network, or correct {setting}."
    return cause, fix
