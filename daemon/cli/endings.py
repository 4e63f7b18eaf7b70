"""What each way to end says to the shell: an exit code, and a line for what went wrong.

References
----------
sysexits(3).
"""

import errno
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

from daemon.cli.called import PROGRAM
from daemon.cli.output import note

_TYPER_USAGE: Final = 2
_USAGE: Final = 64
_SOFTWARE: Final = 70
_INPUT_OUTPUT: Final = 74
INTERRUPTED: Final = 130

_OWN_FILES: Final = frozenset(
    {".lock", ".status.json", ".schedule.json", ".notices.json", ".model.json", ".audit.jsonl", "results.db"}
)  # their names hold nothing of patients
_HINTS: Final = {
    errno.EACCES: "run it as the user who runs the daemon, or give this user the rights",
    errno.EPERM: "run it as the user who runs the daemon, or give this user the rights",
    errno.EROFS: "mount the disk so that it can be written, or name another place by --spool",
    errno.ENOSPC: "make room on the disk, for files too (`df -i`)",
    errno.EDQUOT: "make room, or have the quota of this user raised",
}


def guarded(program: Callable[[], object]) -> None:
    """Run a program and leave with the exit code for how it ended; what went wrong goes to stderr.

    Parameters
    ----------
    program : callable
        Without arguments; what it returns does not matter.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = _run(program)
    _forget_what_is_refused(sys.stderr)
    sys.exit(code)


def _run(program: Callable[[], object]) -> int:
    try:
        program()
        sys.stdout.flush()
    except SystemExit as end:
        return _USAGE if end.code == _TYPER_USAGE else int(end.code or 0)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        point_at_nothing(sys.stdout)
        return 0
    except Exception as error:  # noqa: BLE001 -- the last boundary: each error becomes an exit code and a line
        code, message = _verdict(error)
        with suppress(OSError):  # a log that takes nothing changes no exit code (fault 66)
            note(message)
        return code
    return 0


def _verdict(error: Exception) -> tuple[int, str]:
    """Return the exit code for an error, and what to say of it."""
    exit_code = getattr(error, "exit_code", None)
    if isinstance(exit_code, int):  # DaemonError, StorageError, ModelError
        mark = _priority_of_errors()
        return exit_code, "\n".join(f"{mark}{PROGRAM}: {line}" for line in str(error).splitlines())
    if isinstance(error, OSError):  # its file name may be a patient's
        return _INPUT_OUTPUT, f"{PROGRAM}: {_what_failed(error)}"
    trace = "".join(traceback.format_tb(error.__traceback__))  # its message may quote a scan
    apology = f"{PROGRAM}: this is a fault of {PROGRAM} itself, please report it:"
    return _SOFTWARE, f"{apology}\n{trace}{type(error).__name__}"


def _priority_of_errors() -> str:
    """Return what makes a line an error in systemd's journal; nothing where no journal reads it."""
    from daemon.logs import ERROR_PRIORITY, goes_to_journal

    return ERROR_PRIORITY if goes_to_journal(os.environ.get("JOURNAL_STREAM"), 2) else ""


def _what_failed(error: OSError) -> str:
    """Say what the system refused and what to do; of names only those that inboxray gave itself."""
    known = isinstance(error.filename, str | os.PathLike) and os.path.basename(error.filename) in _OWN_FILES
    what = f" with {error.filename}" if known else ""
    hint = _HINTS.get(error.errno or 0)
    return f"input or output failed{what}: {error.strerror or type(error).__name__}" + (
        f"; {hint}" if hint else ""
    )


def _forget_what_is_refused(stream: TextIO) -> None:
    """Write what a stream holds still; if that fails, point it at nothing, so that the exit succeeds."""
    try:
        stream.flush()
    except OSError:
        point_at_nothing(stream)


def point_at_nothing(stream: TextIO) -> None:
    """Let a stream go nowhere, so that the flush at exit does not fail again.

    Parameters
    ----------
    stream : TextIO
        With a descriptor of its own.
    """
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
