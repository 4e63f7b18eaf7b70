"""Where and how a daemon of the tests fails; production has no failpoint, so no setting can switch one on."""

import errno
import importlib
import inspect
import itertools
import os
import signal
import time
from dataclasses import dataclass
from functools import wraps

from tests.support.deadlines import scaled


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the daemon: just before or just after a call.

    Parameters
    ----------
    module : str
        Where the name is used, not where it comes from.
    name : str
        ``function``, ``Class.method`` or ``os.function``.
    when : str
        ``before`` or ``after``.
    only : str
        Only calls whose arguments, as text, hold this.
    """

    module: str
    name: str
    when: str = "before"
    only: str = ""


# Every step between claim and dispose, in their order.
STEPS = {
    "the claim's folder is made": Point("daemon.spool.claiming", "os.rename"),
    "the file is claimed": Point("daemon.spool.claiming", "take_origin"),
    "the attempt is about to be noted": Point("daemon.pipeline.decode_queue", "note_attempt"),
    "the attempt is noted": Point("daemon.pipeline.decode_queue", "note_attempt", "after"),
    "the file is given to a child": Point("daemon.execution.local", "DecoderPool.decode", "after"),
    "the child has answered": Point("daemon.pipeline.decode_queue", "DecodeQueue._decode_ended"),
    "the batch is taken": Point("daemon.pipeline.ask", "Asker.ask"),
    "the network has answered": Point("daemon.execution.local", "classify_scans", "after"),
    "the batch is about to be recorded": Point("daemon.pipeline.commit", "Committer.commit"),
    "the answers are composed": Point("daemon.pipeline.commit", "answer_batch", "after"),
    "the places are chosen": Point("daemon.pipeline.commit", "Committer._sync"),
    "the claims are synced": Point("daemon.pipeline.commit", "Committer._sync", "after"),
    "rows are written and not committed": Point("storage.writes", "prediction_row"),
    "the rows are committed": Point("storage.ledger", "Ledger.record", "after"),
    "the reason is written beside": Point("storage.durable.replace", "os.replace", only=".reason.json"),
    "the reason is in its place": Point("storage.durable.replace", "os.replace", "after", ".reason.json"),
    "the file is about to be moved": Point("daemon.spool.dispose", "rename_new"),
    "the file is moved": Point("daemon.spool.dispose", "rename_new", "after"),
    "the folders are synced": Point("daemon.spool.dispose", "remove_claim"),
    "the claim's folder is removed": Point("daemon.spool.claiming", "_remove_folders", "after"),
    "the claim is gone": Point("daemon.spool.dispose", "remove_claim", "after"),
}


class Doctored:
    """The module `os` with one function exchanged, for one module alone."""

    def __init__(self, **exchanged):
        self.__dict__ |= exchanged

    def __getattr__(self, name):
        return getattr(os, name)


def arrange(point, action, *, passes=0, times=None):
    """Let something happen at a point.

    Parameters
    ----------
    point : Point
    action : str
        ``KILL``, ``TERM``, ``SLEEP`` for 20 seconds, ``SKIP`` the call, or the name of the errno that is
        raised there: ``ENOSPC``.
    passes : int
        The point is passed so often before it fails.
    times : int or None
        It fails so often; None: ever after.
    """
    module = importlib.import_module(point.module)
    turns = itertools.count()

    def fail():
        turn = next(turns) - passes
        if turn < 0 or (times is not None and turn >= times):
            return
        if action in ("KILL", "TERM"):
            os.kill(os.getpid(), signal.Signals[f"SIG{action}"])
            return
        if action == "SLEEP":
            time.sleep(scaled(20))
            return
        number = getattr(errno, action)
        raise OSError(number, os.strerror(number))

    owner, _, name = point.name.rpartition(".")
    if owner == "os":
        if point.name not in inspect.getsource(module):  # else the test would pass without any fault
            raise LookupError(f"{point.module} does not call {point.name}")
        module.os = Doctored(**{name: _failing(getattr(os, name), point, action, fail)})
    else:
        place = getattr(module, owner) if owner else module
        setattr(place, name, _failing(getattr(place, name), point, action, fail))


def _failing(function, point, action, fail):
    """Give a function that fails before or after it does what it did, or that does nothing any more."""
    if action == "SKIP":
        return lambda *_arguments, **_options: None

    @wraps(function)
    def wrapped(*arguments, **options):
        concerned = point.only in str((arguments, options))
        if concerned and point.when == "before":
            fail()
        answer = function(*arguments, **options)
        if concerned and point.when == "after":
            fail()
        return answer

    return wrapped
