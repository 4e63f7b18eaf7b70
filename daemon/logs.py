"""Log lines: JSON when nobody looks, text on a terminal; never anything of a patient.

What other libraries log quotes file names and values, so only the kind of it is written (fault 49).
"""

import logging
import sys
import threading
from typing import Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "text"]


def configure(level: Level, form: Format) -> None:
    """Set up structlog for this process, on stderr.

    Parameters
    ----------
    level : str
        Least level that is written.
    form : str
        ``json``: a line an event; ``text``: for people; ``auto``: text on a terminal, else JSON.
    """
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if as_text
        else structlog.processors.JSONRenderer(sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_errors,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    foreign = logging.getLogger()
    foreign.handlers = [_KindOnly()]
    foreign.setLevel(logging.WARNING)
    # It calls each stop an error; whether its threads live is looked at by `daemon.watcher`.
    logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died


def _name_errors(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Write an exception as its class and the places that it passed: its message may hold a path."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error_class"] = type(error).__name__
        event["error_code"] = getattr(error, "code", None)
        event["error_places"] = places(error)
    return event


def places(error: BaseException) -> list[str]:
    """List where an exception passed: module file, line and function, the innermost last."""
    listed = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        listed.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return listed


def _thread_died(death: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread_died", exc_info=death.exc_value)


class _KindOnly(logging.Handler):
    """Turn a foreign library's record into an event that says who spoke and how loud, not what."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning("library_spoke", library=record.name, loudness=record.levelname)
