"""Whose fault a failure of the database is: a table of SQLSTATE classes (PostgreSQL's appendix A) and exceptions."""

from collections.abc import Mapping
from enum import Enum

import asyncpg

# Everything that a statement may raise if the database, or the way to it, fails. asyncpg's internal error is
# among it: so it says that a connection's end has arrived while it was idle and has not been taken note of yet.
UNAVAILABLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class FailureKind(Enum):
    """What a failure of the database means for the caller."""

    TRANSIENT = "transient"  # the database may answer the same statement later, by itself
    PERMANENT = "permanent"  # it refuses until somebody changes the code, the schema or the settings
    UNWRITABLE = "unwritable"  # it refuses these values, and would take others
    UNKNOWN = "unknown"  # a class that PostgreSQL does not document, or an error inside the server


_TRANSIENT, _PERMANENT, _UNWRITABLE = FailureKind.TRANSIENT, FailureKind.PERMANENT, FailureKind.UNWRITABLE

# The kind of each class, the first two characters of an SQLSTATE; of a whole SQLSTATE if that differs.
CLASSES: Mapping[str, FailureKind] = {
    "00": _PERMANENT,  # successful completion: no error, unless code of ours raises it
    "01": _PERMANENT,  # warning, in the same way
    "02": _PERMANENT,  # no data, in the same way
    "03": _PERMANENT,  # SQL statement not yet complete
    "08": _TRANSIENT,  # connection exception; PgBouncer reports most of its failures as 08P01
    "09": _PERMANENT,  # triggered action exception
    "0A": _PERMANENT,  # feature not supported
    "0B": _PERMANENT,  # invalid transaction initiation
    "0F": _PERMANENT,  # locator exception
    "0L": _PERMANENT,  # invalid grantor
    "0P": _PERMANENT,  # invalid role specification
    "0Z": _PERMANENT,  # diagnostics exception
    "10": _UNWRITABLE,  # XQuery error
    "20": _PERMANENT,  # case not found
    "21": _PERMANENT,  # cardinality violation
    "22": _UNWRITABLE,  # data exception
    "23": _UNWRITABLE,  # integrity constraint violation
    "24": _PERMANENT,  # invalid cursor state
    "25": _PERMANENT,  # invalid transaction state
    "25006": _TRANSIENT,  # read-only: a standby, and a failover is under way
    "25P03": _TRANSIENT,  # idle_in_transaction_session_timeout
    "25P04": _TRANSIENT,  # transaction_timeout
    "26": _TRANSIENT,  # invalid SQL statement name: a pooler has handed us another server connection
    "27": _PERMANENT,  # triggered data change violation
    "28": _PERMANENT,  # invalid authorization specification
    "2B": _PERMANENT,  # dependent privilege descriptors still exist
    "2D": _PERMANENT,  # invalid transaction termination
    "2F": _PERMANENT,  # SQL routine exception
    "34": _PERMANENT,  # invalid cursor name
    "38": _PERMANENT,  # external routine exception
    "39": _PERMANENT,  # external routine invocation exception
    "3B": _PERMANENT,  # savepoint exception
    "3D": _PERMANENT,  # invalid catalog name: there is no such database
    "3F": _PERMANENT,  # invalid schema name
    "40": _TRANSIENT,  # transaction rollback: a deadlock, a serialization failure
    "40002": _UNWRITABLE,  # a constraint was violated at the commit
    "42": _PERMANENT,  # syntax error or access rule violation: a missing column, a missing privilege
    "42P05": _TRANSIENT,  # duplicate prepared statement: the pooler, as with class 26
    "44": _UNWRITABLE,  # WITH CHECK OPTION violation
    "53": _TRANSIENT,  # insufficient resources: disk full, out of memory, too many connections
    "54": _PERMANENT,  # program limit exceeded
    "54000": _TRANSIENT,  # also says that transaction ids have run out, until VACUUM has run
    "55": _PERMANENT,  # object not in prerequisite state
    "55006": _TRANSIENT,  # object in use
    "55P03": _TRANSIENT,  # lock not available: lock_timeout
    "57": _TRANSIENT,  # operator intervention: a shutdown, a restart, statement_timeout
    "57P04": _PERMANENT,  # the database was dropped
    "58": _TRANSIENT,  # system error: input or output
    "72": _TRANSIENT,  # snapshot too old; up to PostgreSQL 16
    "F0": _TRANSIENT,  # configuration file error: of the server, which its operator corrects
    "HV": _PERMANENT,  # foreign data wrapper error
    "P0": _PERMANENT,  # PL/pgSQL error: a trigger of ours refuses
    "XX": FailureKind.UNKNOWN,  # internal error
}

# The kind of exceptions that have no SQLSTATE of the server, or mean something else than it; the first that fits.
_EXCEPTIONS: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (asyncpg.InvalidCachedStatementError, _TRANSIENT),  # a migration has run meanwhile: it is prepared anew
    (asyncpg.ClientConfigurationError, _PERMANENT),
    (asyncpg.UnsupportedClientFeatureError, _PERMANENT),
    (asyncpg.UnsupportedServerFeatureError, _PERMANENT),
    (asyncpg.InterfaceError, _TRANSIENT),  # the connection is closed, or closing
    (asyncpg.InternalClientError, _TRANSIENT),
    (OSError, _TRANSIENT),  # TimeoutError is one
)

_STATE_FIX = (
    "Check the PostgreSQL log; if the cause is temporary, this goes away by itself.",
    "Run `hireloop doctor`, correct what it names, and check that all processes have the same version.",
)
_FIXES: Mapping[str, str] = {
    "42501": "Run `hireloop doctor`, and grant the role in DATABASE_URL the privileges that it names.",
    "28": "Correct the user name and the password in DATABASE_URL, and restart this process.",
    "3D": "Correct the name of the database in DATABASE_URL, and restart this process.",
    "25006": "Set DATABASE_URL to the primary: this server is a read-only standby.",
    "53100": "Free space on the disk of the database server.",
}


def kind_of(error: BaseException) -> FailureKind:
    """Return what one of `UNAVAILABLE` means; anything else is UNKNOWN."""
    for exception, kind in _EXCEPTIONS:
        if isinstance(error, exception):
            return kind
    state = sqlstate_of(error)
    return CLASSES.get(state, CLASSES.get(state[:2], FailureKind.UNKNOWN))


def is_transient(error: BaseException) -> bool:
    """Return whether the database may take the same statement later, by itself."""
    return kind_of(error) is FailureKind.TRANSIENT


def sqlstate_of(error: BaseException) -> str:
    """Return the SQLSTATE of an error that the server raised, empty for others."""
    return str(getattr(error, "sqlstate", None) or "")


def described(error: BaseException) -> str:
    """Return an error's type, SQLSTATE and constraint for a log or a span: PostgreSQL's own text quotes rows."""
    parts = (type(error).__name__, sqlstate_of(error), str(getattr(error, "constraint_name", "") or ""))
    return " ".join(part for part in parts if part)


def fix_of(error: BaseException) -> str:
    """Return one sentence that says what to do about one of `UNAVAILABLE`."""
    state = sqlstate_of(error)
    transient, other = _STATE_FIX
    return _FIXES.get(state, _FIXES.get(state[:2], transient if is_transient(error) else other))
