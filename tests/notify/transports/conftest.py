"""A certificate for servers on this machine, trusted or not."""

import pytest

from servers.certificates import Certificate, self_signed


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For this machine, and for a name that tests let lead here; nobody vouches for it."""
    return self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1", "localhost", "hooks.example")


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """The same, and it is vouched for."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert))
    return certificate
