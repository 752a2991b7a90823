"""Certificates for the servers of tests. Each is self-signed: a client trusts it only if it is told to."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificate(NamedTuple):
    cert: Path
    key: Path


def self_signed(folder: Path, *names: str) -> Certificate:
    """Make a certificate for these hosts and IP addresses that is valid from yesterday to tomorrow."""
    day, now = timedelta(days=1), datetime.now(UTC)
    return _made(folder, names, now - day, now + day)


def expired(folder: Path, *names: str) -> Certificate:
    """Make a certificate for these hosts and IP addresses that was valid for a day in 2020."""
    return _made(folder, names, datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC))


def _made(folder: Path, names: tuple[str, ...], since: datetime, until: datetime) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    made = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([_subject(one) for one in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate = Certificate(folder / "cert.pem", folder / "key.pem")
    certificate.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    certificate.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate


def _subject(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
