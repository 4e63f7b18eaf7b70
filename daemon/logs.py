"""Log lines: text on a terminal, else JSON; never anything of a patient.

Other libraries' messages quote file names and values, so only their name and level are written (fault 49).

References
----------
sd-daemon(3) "Logging": a line that begins with <3> is an error; systemd.exec(5) $JOURNAL_STREAM.
"""

import logging
import os
import sys
import threading
from contextlib import suppress
from typing import Literal, Protocol, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "text"]

ERROR_PRIORITY = "<3>"
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}  # syslog(3)


class Lines(Protocol):
    """What takes lines of text."""

    def write(self, text: str) -> object:
        """Write text.

        Parameters
        ----------
        text : str
        """

    def flush(self) -> object:
        """Let nothing wait."""


class Screen(Protocol):
    """What shows a person at a terminal some events in its own way."""

    @property
    def lines(self) -> Lines:
        """What takes the lines of the log."""

    @property
    def shown_otherwise(self) -> frozenset[str]:
        """Events that it shows itself."""


def is_for_person(form: Format) -> bool:
    """Return whether the log is read by a person at a terminal, who did not ask for another form of it.

    Parameters
    ----------
    form : str
        As of `configure`.

    Returns
    -------
    bool
    """
    return form == "auto" and sys.stderr.isatty()


def configure(level: Level, form: Format, screen: Screen | None = None) -> None:
    """Set up structlog for this process, on stderr.

    Parameters
    ----------
    level : str
        Least level that is written.
    form : str
        ``json``: a line an event; ``text``: for people; ``auto``: text on a terminal, else JSON.
    screen : Screen, optional
        Takes the lines in place of stderr, without the events that it shows itself.
    """
    as_text = form == "text" or is_for_person(form)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
        if as_text
        else structlog.processors.JSONRenderer(sort_keys=False)
    )
    structlog.configure(
        processors=[
            _without(screen.shown_otherwise if screen else frozenset()),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_errors,
            _with_priority(renderer) if goes_to_journal(os.environ.get("JOURNAL_STREAM"), 2) else renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(
            file=cast("TextIO", screen.lines if screen else LossyLines(sys.stderr))
        ),
        cache_logger_on_first_use=False,
    )
    foreign = logging.getLogger()
    foreign.handlers = [_KindOnly()]
    foreign.setLevel(logging.WARNING)
    # It logs each stop as an error; `daemon.inbox.events` checks whether its threads are alive.
    logging.getLogger("watchdog.observers.inotify").setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died


class LossyLines:
    """Lines to a stream that may refuse them: its reader may be gone, its disk full (fault 66).

    A daemon does not end for its log, so what is refused is lost, and the next line is tried. The stream's
    own buffer is passed by: it would keep what was refused, and fail again when the process ends.

    Parameters
    ----------
    stream : text file
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write text at once, or lose it.

        Parameters
        ----------
        text : str
        """
        with suppress(OSError):
            left = text.encode("utf-8", errors="backslashreplace")
            while left:
                left = left[os.write(self._stream.fileno(), left) :]

    def flush(self) -> None:
        """Do nothing: each text is written at once."""


def goes_to_journal(journal_stream: str | None, descriptor: int) -> bool:
    """Return whether systemd's journal reads what is written to a descriptor.

    Parameters
    ----------
    journal_stream : str or None
        The value of $JOURNAL_STREAM: ``DEVICE:INODE``.
    descriptor : int

    Returns
    -------
    bool

    References
    ----------
    systemd.exec(5).
    """
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return journal_stream == f"{status.st_dev}:{status.st_ino}"


def _with_priority(renderer: structlog.typing.Processor) -> structlog.typing.Processor:
    """Put the priority before the line; the journal removes it."""

    def render(logger: WrappedLogger, name: str, event: EventDict) -> str:
        priority = _PRIORITIES.get(str(event.get("level")), 6)
        return f"<{priority}>{renderer(logger, name, event)!s}"

    return render


def _without(events: frozenset[str]) -> structlog.typing.Processor:
    """Leave out some events."""

    def drop(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        if event.get("event") in events:
            raise structlog.DropEvent
        return event

    return drop


def _name_errors(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Write an exception as its class, code and places: its message may hold a path."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error_class"] = type(error).__name__
        event["error_code"] = getattr(error, "code", None)
        event["error_places"] = places(error)
    return event


def places(error: BaseException) -> list[str]:
    """List the frames of an exception's traceback.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    list of str
        File name, line and function of each, the innermost last.
    """
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
    """Turn another library's record into an event with its name and level, without its message."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning("library_logged", library=record.name, library_level=record.levelname)
