"""A certificate that has run out, made by the openssl command."""

import subprocess
from pathlib import Path

from servers.smtp import Certificate

_CONFIGURATION = """
[ca]
default_ca = ours
[ours]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def expired(folder: Path, *names: str) -> Certificate:
    """Make a certificate for these names (`IP:…` or `DNS:…`) that was valid for a day in 2020."""
    (folder / "ca.cnf").write_text(_CONFIGURATION)
    (folder / "index.txt").touch()
    asked = [
        *["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
        *["-subj", "/CN=mail", "-addext", f"subjectAltName={','.join(names)}", "-keyout", "key.pem", "-out", "csr.pem"],
    ]
    signed = [
        *["openssl", "ca", "-batch", "-selfsign", "-notext", "-config", "ca.cnf", "-keyfile", "key.pem"],
        *["-in", "csr.pem", "-out", "cert.pem", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
    ]
    for command in (asked, signed):
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return Certificate(folder / "cert.pem", folder / "key.pem")
