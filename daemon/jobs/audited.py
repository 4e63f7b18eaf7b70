"""Jobs that remove files or write answers where people read them leave a line in the audit trail."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from daemon.errors import errno_name
from daemon.spool.audit import act_of, append
from daemon.spool.folders import Spool

_DONE = frozenset({"files", "rows", "bytes"})  # of which a job that did nothing has none

_log = structlog.get_logger()


def audited(spool: Spool, name: str, run: Callable[[], Mapping[str, Any]]) -> Callable[[], Mapping[str, Any]]:
    """Let a job leave a line when it did something.

    Parameters
    ----------
    spool : Spool
    name : str
        Of the job.
    run : callable
        The job; returns what it did, and nothing if there was nothing to do.

    Returns
    -------
    callable
        The same job.
    """

    def run_and_write() -> Mapping[str, Any]:
        result = run()
        facts = {key: value for key, value in result.items() if isinstance(value, int) and value}
        if facts.keys() & _DONE:
            try:
                append(spool, act_of(f"job {name}", "done", facts))
            except OSError as error:  # a disk that is full is what a removal is for
                _log.warning("audit_write_failed", job=name, error=errno_name(error))
        return result

    return run_and_write
