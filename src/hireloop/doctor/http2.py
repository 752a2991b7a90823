"""Tell from its first frame whether a server speaks HTTP/2 without an upgrade from HTTP/1.1, as gRPC requires."""

import socket
import ssl
import time

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
_NO_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"  # RFC 9113, 6.5
_SETTINGS = 4
_FRAME_HEADER = 9  # bytes; the fourth is the frame's type (RFC 9113, 4.1)


def is_spoken(host: str, port: int, *, secure: bool, seconds: float) -> bool:
    """Return whether the server's first frame is the one that HTTP/2 begins with; blocking, at most `seconds` a step.

    Raises OSError where it cannot be reached.
    """
    with socket.create_connection((host, port), timeout=seconds) as plain:
        if not secure:
            return _begins(plain, seconds)
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(plain, server_hostname=host) as secured:
            return _begins(secured, seconds)


def _begins(connection: socket.socket, seconds: float) -> bool:
    until, said = time.monotonic() + seconds, b""
    connection.sendall(_PREFACE + _NO_SETTINGS)
    try:
        while len(said) < _FRAME_HEADER and time.monotonic() < until:
            piece = connection.recv(_FRAME_HEADER - len(said))
            if not piece:
                break
            said += piece
    except OSError:  # it says nothing, or closes at what it does not understand
        return False
    return len(said) == _FRAME_HEADER and said[3] == _SETTINGS and not said.startswith(b"HTTP/")
