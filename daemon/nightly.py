"""The nightly CSV: what people open is never older than a day."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from daemon.errors import errno_name
from daemon.schedule import Schedule
from daemon.settings import Settings
from daemon.spool import Spool
from storage.engine import open_engine
from storage.errors import StorageError
from storage.export import export_csv

FILE_NAME = "results.csv"
_FILE_MODE = 0o640  # export/ is what a group reads

_log = structlog.get_logger()


@contextmanager
def nightly_export(settings: Settings) -> Iterator[Schedule | None]:
    """Write all results to ``export/results.csv`` at the time of day that is set.

    Yields
    ------
    Schedule or None
        None if it is switched off.
    """
    if settings.export_at is None:
        yield None
        return
    schedule = Schedule({"export": (settings.export_at, lambda: _export(settings))})
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()


def _export(settings: Settings) -> None:
    try:
        engine = open_engine(settings.database(), readonly=True)
        try:
            rows = export_csv(engine, Spool(settings.spool).export / FILE_NAME, mode=_FILE_MODE)
        finally:
            engine.dispose()
    except StorageError as error:
        _log.error("export_failed", code=error.code)
    except OSError as error:
        _log.error("export_failed", code=errno_name(error))
    else:
        _log.info("exported", rows=rows)
