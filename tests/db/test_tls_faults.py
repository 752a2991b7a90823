"""With a real PostgreSQL that speaks TLS: what is wrong with the encryption is named, at a start and by the doctor."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hireloop import db
from hireloop.doctor import database
from hireloop.errors import DatabaseNotReady
from hireloop.notify.diagnosis.findings import Level
from processes import free_port
from sample_settings import settings_for
from servers.certificates import self_signed
from servers.older_postgres import find_older_programs, older_postgres

CA = "{folder}/cert.pem"
FILE = "`sslrootcert` in DATABASE_URL names {folder}/{name}, which cannot be read."
VERIFIES = "The certificate of the database server is not accepted ("


@pytest.fixture(scope="module")
def programs() -> Path:
    """Where the programs of a PostgreSQL with TLS are: the embedded one has none."""
    found = find_older_programs()
    if found is None:
        assert not os.environ.get("CI"), "`make servers` installs PostgreSQL"
        pytest.skip("there is no PostgreSQL but the embedded one")
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the certificate of the server is."""
    return tmp_path_factory.mktemp("certificate")


@pytest.fixture(scope="module")
def port(programs: Path, folder: Path) -> Iterator[int]:
    """The port of a PostgreSQL that speaks TLS as `localhost`."""
    certificate = self_signed(folder, "localhost")
    (folder / "broken.pem").write_text("no certificate")
    files = {"server.crt": certificate.cert.read_bytes(), "server.key": certificate.key.read_bytes()}
    number = free_port()
    more = f"-c listen_addresses=127.0.0.1 -c port={number} -c ssl=on"
    with older_postgres(programs, more=more, files=files):
        yield number


async def refusal_of(url: str) -> str:
    """Return why a process does not start with this DATABASE_URL."""
    with pytest.raises(DatabaseNotReady) as told:
        async with db.opened(url, pool_size=1):
            pass
    return str(told.value)


@pytest.mark.parametrize("query", ["", "sslmode=require", f"sslmode=verify-ca&sslrootcert={CA}"])
async def test_a_connection_that_is_encrypted_works(port: int, folder: Path, query: str) -> None:
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres?{query.format(folder=folder)}"
    async with db.opened(url, pool_size=1):
        assert await db.fetch_value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


@pytest.mark.parametrize(
    ("host", "query", "cause"),
    [
        (
            "localhost",
            "sslmode=verify-full",
            "`sslmode=verify-full` in DATABASE_URL needs the certificate of a CA, and",
        ),
        ("localhost", "sslmode=verify-ca", "`sslmode=verify-ca` in DATABASE_URL needs the certificate of a CA, and"),
        ("localhost", "sslmode=verified", "DATABASE_URL has an unknown `sslmode` (verified)."),
        ("localhost", "sslmode=verify-full&sslrootcert={folder}/gone", FILE.replace("{name}", "gone")),
        ("localhost", "sslmode=verify-full&sslrootcert=system", "`sslrootcert` in DATABASE_URL names system, which"),
        ("localhost", "sslmode=verify-ca&sslrootcert={folder}", FILE.replace("/{name}", "")),
        ("localhost", "sslmode=verify-ca&sslrootcert={folder}/broken.pem", "The connection cannot be encrypted with"),
        ("127.0.0.1", f"sslmode=verify-full&sslrootcert={CA}", f"{VERIFIES}IP address mismatch"),
        ("localhost", "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt", f"{VERIFIES}self-signed"),
    ],
)
async def test_what_is_wrong_with_it_is_named(port: int, folder: Path, host: str, query: str, cause: str) -> None:
    url = f"postgresql://postgres@{host}:{port}/postgres?{query.format(folder=folder)}"
    refusal = await refusal_of(url)
    assert refusal.startswith(cause.format(folder=folder))
    found = (await database.examine(settings_for("", database_url=url), [])).findings["database"]
    assert found.level is Level.FAILURE
    assert f"{found.cause} {found.fix}" == refusal


async def test_a_server_without_tls_is_named(programs: Path) -> None:
    number = free_port()
    url = f"postgresql://postgres@127.0.0.1:{number}/postgres?sslmode=require"
    with older_postgres(programs, more=f"-c listen_addresses=127.0.0.1 -c port={number}"):
        assert await refusal_of(url) == "The database server does not offer TLS. Enable TLS on the server."
