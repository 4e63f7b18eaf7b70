"""What can go wrong with the results database, each with a stable code and the exit code of the command line.

A message never quotes a value of a row: drivers do ("Failing row contains ..."), so theirs are not repeated,
only the SQLSTATE or the name of SQLite's result code.
"""

from typing import ClassVar


class StorageError(Exception):
    """Root of storage's errors.

    Attributes
    ----------
    code : str
        Stable name, for logs and tests.
    retriable : bool
        True if the same call may succeed later, unchanged.
    exit_code : int
        What the command line exits with, after sysexits(3).
    """

    code: ClassVar[str] = "storage_error"
    retriable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 70


class DatabaseUnavailable(StorageError):  # noqa: N818 - a state, as the design names it
    """The database cannot be used now: locked, unreachable, full, read-only or damaged. Nothing was written.

    It is never the fault of a row, so no scan may fail for it: wait, and try the same batch again.

    Parameters
    ----------
    message : str
    reason : str
        Why, in a word or two that a log may hold: ``connection_refused``, ``SQLITE_FULL``.
    remedy : str or None
        What to do, in words that a log may hold.
    """

    code = "database_unavailable"
    retriable = True
    exit_code = 69

    def __init__(self, message: str, reason: str = "unavailable", remedy: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.remedy = remedy


class DatabaseReplaced(DatabaseUnavailable):
    """The database no longer knows this run or its model: it was emptied, replaced or restored meanwhile.

    Waiting does not help, and no row is at fault: the daemon has to start anew.
    """

    code = "database_replaced"
    retriable = False


class RowsLost(StorageError):  # noqa: N818 - a state, as the design names it
    """The database lacks rows that it had confirmed, as a standby does that took over without them."""

    code = "rows_lost"
    exit_code = 69


class DatabaseRefused(StorageError):  # noqa: N818 - a state, as the design names it
    """The database refuses a value or a row. Nothing of the call was written."""

    code = "database_refused"
    exit_code = 65


class SchemaNotAtHead(StorageError):  # noqa: N818 - a state, as the design names it
    """The database's schema is not the one that this version of inboxray writes."""

    code = "schema_not_at_head"
    exit_code = 78


class BadDatabaseUrl(StorageError):  # noqa: N818 - a state, as the design names it
    """The database URL cannot be used: not understood, or its driver is not installed."""

    code = "bad_database_url"
    exit_code = 78


class NotADatabase(StorageError):  # noqa: N818 - a state, as the design names it
    """What stands where the SQLite database should be is something else, and waiting does not change that."""

    code = "not_a_database"
    exit_code = 78


class DatabaseNotUtf8(StorageError):  # noqa: N818 - a state, as the design names it
    """The database stores text in an encoding other than UTF-8, which has no place for some names."""

    code = "database_not_utf8"
    exit_code = 78


class MissingPrivileges(StorageError):  # noqa: N818 - a state, as the design names it
    """The user of the database may not do there what a daemon does."""

    code = "missing_privileges"
    exit_code = 78


class ModelVersionTaken(StorageError):  # noqa: N818 - a state, as the design names it
    """Another model of the same name and version has classified scans here."""

    code = "model_version_taken"
    exit_code = 78


class NoSuchScan(StorageError):  # noqa: N818 - a state, as the design names it
    """No scan has this id, or an id that begins so."""

    code = "no_such_scan"
    exit_code = 66


class AmbiguousScan(StorageError):  # noqa: N818 - a state, as the design names it
    """More than one scan's id begins so."""

    code = "ambiguous_scan"
    exit_code = 64


class NotReviewable(StorageError):  # noqa: N818 - a state, as the design names it
    """A scan has no answer that a person could review."""

    code = "not_reviewable"
    exit_code = 65


class BadBackup(StorageError):  # noqa: N818 - a state, as the design names it
    """A file that should be a database is damaged, or is none."""

    code = "bad_backup"
    exit_code = 65


class TargetNotEmpty(StorageError):  # noqa: N818 - a state, as the design names it
    """The database to copy to holds rows."""

    code = "target_not_empty"
    exit_code = 73


class CopyDiffers(StorageError):  # noqa: N818 - a state, as the design names it
    """What was read back from a copy is not what was copied."""

    code = "copy_differs"
    exit_code = 65


class CannotCreateExport(StorageError):  # noqa: N818 - a state, as the design names it
    """The file to export to cannot be made."""

    code = "cannot_create_export"
    exit_code = 73


class CannotWriteExport(StorageError):  # noqa: N818 - a state, as the design names it
    """Writing the export failed below us; a file that stood there before is untouched."""

    code = "cannot_write_export"
    exit_code = 74


class UnknownTable(StorageError):  # noqa: N818 - as above
    """A file's name asks for a kind of table that is not written, or in a way that it does not have."""

    code = "unknown_table"
    exit_code = 64


class TableNeedsPackage(StorageError):  # noqa: N818 - as above
    """The package that writes this kind of table is not installed."""

    code = "table_needs_package"
    exit_code = 78
