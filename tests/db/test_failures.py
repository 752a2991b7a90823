"""Whose fault a failure of the database is."""

import inspect

import asyncpg
import pytest
from asyncpg import exceptions

from hireloop import db
from hireloop.db.failures import CLASSES, FailureKind, fix_of, kind_of

# The classes of appendix A in PostgreSQL 15 to 18.
APPENDIX_A = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23", "24", "25",
    "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57",
    "58", "72", "F0", "HV", "P0", "XX",
]  # fmt: skip

ERRORS: dict[str, type[BaseException]] = {
    name: kind for name, kind in vars(exceptions).items() if inspect.isclass(kind) and issubclass(kind, BaseException)
}
# What may mean anything: the roots of asyncpg's tree, warnings, and the server's internal errors.
MEAN_ANYTHING = {
    "PostgresError",
    "FatalPostgresError",
    "UnknownPostgresError",
    "InterfaceWarning",
    "InternalServerError",
    "DataCorruptedError",
    "IndexCorruptedError",
}


def with_state(sqlstate: str) -> asyncpg.PostgresError:
    """Return an error of the server with this SQLSTATE, as asyncpg makes it."""
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"C": sqlstate, "M": "asha@example.com"})
    return error


@pytest.mark.parametrize("of_appendix", APPENDIX_A)
def test_every_class_of_the_appendix_is_in_the_table(of_appendix: str) -> None:
    assert of_appendix in CLASSES


@pytest.mark.parametrize("name", ERRORS)
def test_every_exception_of_asyncpg_has_a_kind(name: str) -> None:
    kind = ERRORS[name]
    assert (kind_of(kind.__new__(kind)) is FailureKind.UNKNOWN) == (name in MEAN_ANYTHING)


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("08000", FailureKind.TRANSIENT),  # connection exception
        ("08006", FailureKind.TRANSIENT),  # connection failure
        ("08P01", FailureKind.TRANSIENT),  # PgBouncer's
        ("25006", FailureKind.TRANSIENT),  # read-only
        ("25P02", FailureKind.PERMANENT),  # a statement after a failed one
        ("25P03", FailureKind.TRANSIENT),
        ("25P04", FailureKind.TRANSIENT),
        ("26000", FailureKind.TRANSIENT),
        ("40001", FailureKind.TRANSIENT),  # serialization failure
        ("40002", FailureKind.UNWRITABLE),
        ("40P01", FailureKind.TRANSIENT),  # deadlock
        ("53000", FailureKind.TRANSIENT),
        ("53100", FailureKind.TRANSIENT),  # disk full
        ("53200", FailureKind.TRANSIENT),  # out of memory
        ("53300", FailureKind.TRANSIENT),  # too many connections
        ("55P03", FailureKind.TRANSIENT),  # lock_timeout
        ("57014", FailureKind.TRANSIENT),  # statement_timeout
        ("57P01", FailureKind.TRANSIENT),
        ("57P02", FailureKind.TRANSIENT),
        ("57P03", FailureKind.TRANSIENT),
        ("57P04", FailureKind.PERMANENT),  # database dropped
        ("58030", FailureKind.TRANSIENT),  # input or output
        ("54000", FailureKind.TRANSIENT),
        ("0A000", FailureKind.PERMANENT),
        ("22001", FailureKind.UNWRITABLE),  # too long
        ("22021", FailureKind.UNWRITABLE),  # not in the repertoire
        ("23505", FailureKind.UNWRITABLE),
        ("23514", FailureKind.UNWRITABLE),
        ("28000", FailureKind.PERMANENT),
        ("28P01", FailureKind.PERMANENT),  # wrong password
        ("3D000", FailureKind.PERMANENT),  # no such database
        ("3F000", FailureKind.PERMANENT),  # no such schema
        ("42501", FailureKind.PERMANENT),  # missing privilege
        ("42601", FailureKind.PERMANENT),  # syntax
        ("42703", FailureKind.PERMANENT),  # no such column
        ("42883", FailureKind.PERMANENT),  # no such function
        ("42P01", FailureKind.PERMANENT),  # no such table
        ("42P05", FailureKind.TRANSIENT),
        ("P0001", FailureKind.PERMANENT),  # a trigger refuses
        ("XX000", FailureKind.UNKNOWN),
        ("ZZ999", FailureKind.UNKNOWN),  # an extension's
        ("", FailureKind.UNKNOWN),
    ],
)
def test_an_sqlstate_is_of_the_kind_of_its_class_or_its_own(sqlstate: str, kind: FailureKind) -> None:
    error = with_state(sqlstate) if sqlstate else asyncpg.PostgresError()
    assert kind_of(error) is kind
    assert db.is_transient(error) == (kind is FailureKind.TRANSIENT)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(), FailureKind.TRANSIENT),
        (TimeoutError(), FailureKind.TRANSIENT),
        (asyncpg.InterfaceError("connection is closed"), FailureKind.TRANSIENT),
        (asyncpg.InternalClientError(), FailureKind.TRANSIENT),
        (asyncpg.InvalidCachedStatementError(), FailureKind.TRANSIENT),
        (asyncpg.ClientConfigurationError("a bad address"), FailureKind.PERMANENT),
        (ZeroDivisionError(), FailureKind.UNKNOWN),
    ],
)
def test_errors_of_the_connection_and_of_the_client_have_a_kind(error: Exception, kind: FailureKind) -> None:
    assert kind_of(error) is kind


@pytest.mark.parametrize(
    ("sqlstate", "fix"),
    [
        (
            "42501",
            "Run `hireloop doctor`, and grant the role in DATABASE_URL the privileges that it names.",
        ),
        ("42703", "Run `hireloop doctor`, correct what it names, and check that all processes have the same version."),
        ("28P01", "Correct the user name and the password in DATABASE_URL, and restart this process."),
        ("25006", "Set DATABASE_URL to the primary: this server is a read-only standby."),
        ("53100", "Free space on the disk of the database server."),
        ("40P01", "Check the PostgreSQL log; if the cause is temporary, this goes away by itself."),
    ],
)
def test_a_failure_has_a_fix_in_one_sentence(sqlstate: str, fix: str) -> None:
    assert fix_of(with_state(sqlstate)) == fix


def test_an_error_is_described_without_its_text() -> None:
    violation = asyncpg.UniqueViolationError("Key (email)=(asha@example.com) already exists.")
    violation.constraint_name = "one_candidate_per_address"
    assert db.described(violation) == "UniqueViolationError 23505 one_candidate_per_address"
    assert db.described(with_state("42703")) == "UndefinedColumnError 42703"
    assert db.described(OSError("asha@example.com")) == "OSError"
