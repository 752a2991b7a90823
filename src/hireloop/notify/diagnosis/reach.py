"""Does a host answer where something is to be posted? The name, a connection, and TLS; nothing is said over it."""

import socket
import ssl
import time

from hireloop.notify.diagnosis.findings import Finding, failure, ok

SECONDS = 5.0


def check(about: str, host: str, port: int, *, secure: bool, setting: str) -> Finding:
    """Return the one finding about the way to a host, said of the check `about`; `setting` names what leads there.

    Blocking for at most `SECONDS`, the look-up of the name aside.
    """
    where = f"{host} port {port}"
    until = time.monotonic() + SECONDS
    try:
        with socket.create_connection((host, port), timeout=SECONDS) as plain:
            if not secure:
                return ok(about, f"{where} answers.")
            plain.settimeout(max(until - time.monotonic(), 0.1))
            with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured:
                return ok(about, f"{where} answers, over {secured.version()}.")
    except (OSError, UnicodeError) as error:
        cause, fix = trouble(error, host, port, setting=setting, seconds=SECONDS)
        return failure(about, cause, fix)


def trouble(error: OSError | UnicodeError, host: str, port: int, *, setting: str, seconds: float) -> tuple[str, str]:
    """Return the cause and the mend of a connection that failed with `error`."""
    where = f"{host} port {port}"
    match error:
        case ssl.SSLCertVerificationError():
            cause = f"The certificate of {where} is not to be trusted: {error.verify_message.rstrip('.')}."
            fix = "Renew it there, or name its authority in SSL_CERT_FILE."
        case TimeoutError():  # before SSLError: a time-out in the handshake may be both
            cause = f"{where} cannot be reached within {seconds:g} s."
            fix = f"Let this machine out to it, or correct {setting}."
        case ssl.SSLError():
            cause = f"{where} does not speak TLS."
            fix = f"Correct the scheme or the port in {setting}."
        case socket.gaierror() | UnicodeError():
            cause = f"There is no server named {host}."
            fix = f"Correct {setting}, or mend this machine's DNS."
        case ConnectionRefusedError():
            cause = f"Nothing listens at {where}."
            fix = f"Correct {setting}, or start what is to listen there."
        case _:
            cause = f"There is no way to {where} from here."
            fix = f"Mend the network, or correct {setting}."
    return cause, fix
