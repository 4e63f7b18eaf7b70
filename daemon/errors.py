"""What can go wrong in the daemon, each with a stable code and the exit code the command line gives.

The exit codes are those of sysexits(3). A message says what happened, to what, and what to do; it never
holds a name, an identifier or a path of a patient.
"""

import errno
from typing import ClassVar


class DaemonError(Exception):
    """Root of the daemon's errors."""

    code: ClassVar[str] = "daemon_error"
    retriable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 70


class UsageError(DaemonError):
    """The command line was called in a way that it does not understand."""

    code = "usage"
    exit_code = 64


class BadDataError(DaemonError):
    """What was asked about is there, but wrong: a scan failed, or rows and files differ."""

    code = "bad_data"
    exit_code = 65


class MissingFileError(DaemonError):
    """A file or a scan that was named is not there."""

    code = "missing_file"
    exit_code = 66


class DaemonAwayError(DaemonError):
    """A service that is needed does not answer: the daemon, or the database."""

    code = "away"
    retriable = True
    exit_code = 69


class CannotCreateError(DaemonError):
    """An output file or folder cannot be made."""

    code = "cannot_create"
    exit_code = 73


class InputOutputError(DaemonError):
    """Reading or writing failed below us."""

    code = "io"
    exit_code = 74


class NoDecoderError(InputOutputError):
    """No process that decodes could be started, or got no descriptor for its file: the file is innocent.

    Parameters
    ----------
    cause : str
        What the system answered, such as ``EAGAIN``.
    """

    code = "no_decoder"
    remedy: ClassVar[str] = (
        "free memory, or raise the limits of the daemon's user and unit: processes (TasksMax, ulimit -u), "
        "memory (MemoryMax), descriptors (LimitNOFILE, ulimit -n)"
    )

    def __init__(self, cause: str) -> None:
        super().__init__(f"no process that decodes could be started ({cause}); {self.remedy}; then try again")


class NoClusterError(DaemonAwayError):
    """No worker of the cluster answered for long.

    Parameters
    ----------
    cause : str
        What was seen.
    """

    code = "no_cluster"
    remedy: ClassVar[str] = (
        "start `inboxray cluster scheduler` and `inboxray cluster worker`, of this version and with "
        "certificates of one authority, or set executor = local"
    )

    def __init__(self, cause: str) -> None:
        super().__init__(f"{cause}; {self.remedy}. What is claimed stays for the next start")


class SpoolInUseError(DaemonError):
    """Another daemon holds the spool."""

    code = "spool_in_use"
    exit_code = 75


class ConfigurationError(DaemonError):
    """The settings, or the place they point to, cannot work."""

    code = "configuration"
    exit_code = 78


def errno_name(error: OSError) -> str:
    """Name what the operating system reported, without the path that an OSError carries.

    Parameters
    ----------
    error : OSError

    Returns
    -------
    str
        Such as ``ENOSPC``.
    """
    return errno.errorcode.get(error.errno or 0, "EUNKNOWN")
