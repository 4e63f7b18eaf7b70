"""Commands that change or carry away what others rely on write a line into the audit trail."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from daemon.cli.output import note
from daemon.errors import errno_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daemon.settings.fields import Settings
    from daemon.spool.audit import Fact

DONE = "done"


@contextmanager
def audited(settings: "Settings", command: str, **facts: "Fact") -> "Iterator[dict[str, Fact]]":
    """Write what a command did, however it ended; what cannot be written is noted, and stops nothing.

    Parameters
    ----------
    settings : Settings
        Of the spool.
    command : str
    **facts : int or str
        What is known before.

    Yields
    ------
    dict of str to (int or str)
        Takes what is known later: counts.
    """
    known = dict(facts)
    outcome = DONE
    try:
        yield known
    except BaseException as error:
        outcome = _code(error)
        raise
    finally:
        _write(settings, command, outcome, known)


def _code(error: BaseException) -> str:
    """Name what ended a command, by a code and never by its message."""
    if isinstance(error, OSError):
        return errno_name(error)
    return str(getattr(error, "code", None) or type(error).__name__)


def _write(settings: "Settings", command: str, outcome: str, facts: "dict[str, Fact]") -> None:
    from daemon.spool.audit import act_of, append
    from daemon.spool.folders import Spool

    try:
        append(Spool(settings.spool), act_of(command, outcome, facts))
    except OSError as error:
        note(
            f"this is not in the audit trail of the spool {settings.spool}: {errno_name(error)}. Run it as "
            "the daemon's user, on the machine with the spool"
        )
