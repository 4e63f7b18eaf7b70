"""What `tests.support.forked` forks from: a process that has imported everything and obeys orders.

What it forks runs a module as ``python -m`` would, with the environment, folder and outputs it is given.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path

IMPORTS = (
    "ai_edge_litert.interpreter",
    "alembic.command",
    "daemon.cli.program",
    "daemon.cli.run",
    "daemon.decoding.decode",
    "model.reading.preload",
    "daemon.service.service",
    "model.classifier",
    "multiprocessing.popen_forkserver",
    "multiprocessing.resource_tracker",
    "storage.queries",
    "storage.revision",
    "tests.support.failing",
)
OF_EXTRAS = ("daemon.network.sending.assembly",)
"""Only where their extra is installed."""
_MOST_BYTES = 1 << 17  # of an order: the environment and the arguments


def _serve(orders, door):
    """Obey orders from the tests, and from whoever knocks at the door, until the tests are gone."""
    running = {}
    ended, wake = os.pipe()
    os.set_blocking(ended, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        for source in (orders, door, ended):
            selector.register(source, selectors.EVENT_READ)
        unneeded = [orders.fileno(), door.fileno(), ended, wake]
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if ended in ready:
                os.read(ended, 4096)
                _tell_ends(running)
            if door in ready:
                visitor, _ = door.accept()
                with visitor:
                    _obey(visitor, running, unneeded=[*unneeded, visitor.fileno()])
            if orders in ready and not _obey(orders, running, unneeded=unneeded):
                break
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    while running:
        signal.sigtimedwait([signal.SIGCHLD], 0.1)
        _tell_ends(running)


def _obey(orders, running, *, unneeded):
    """Take an order and fork; False if there is none any more."""
    message, fds, _, _ = socket.recv_fds(orders, _MOST_BYTES, 4)
    if message:
        _fork(json.loads(message), fds, running, unneeded=unneeded)
    return bool(message)


def _fork(order, fds, running, *, unneeded):
    ends, *outputs = fds
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        for fd in (ends, *unneeded, *running.values()):
            os.close(fd)
        _be(order, outputs)
    for fd in outputs:
        os.close(fd)
    running[pid] = ends
    os.write(ends, f"{pid}\n".encode())


def _tell_ends(running):
    """Take the ends of children that we started; orphans of theirs are none of ours."""
    for pid in list(running):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ends = running.pop(pid)
            with suppress(BrokenPipeError):  # nobody waits for it any more
                os.write(ends, f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os.close(ends)


def _be(order, given):
    """Become the program of an order, with its output, its errors and maybe its input; never returns."""
    code = 70
    try:
        for source, target in zip(given, (1, 2, 0), strict=False):
            os.dup2(source, target)
            os.close(source)
        sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)  # noqa: SIM115 - they know more than the number
        sys.stderr = sys.__stderr__ = open(2, "w", 1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        tempfile.tempdir = None  # as the environment of now says
        os.chdir(order["folder"])
        _arrange(order["faults"])
        _fork_helpers_too()
        sys.argv = [order["module"], *order["arguments"]]
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        code = 1
    finally:
        _leave(code)


def _leave(code):
    """End as the interpreter does: threads, exit functions, outputs."""
    threading._shutdown()  # waits for its threads
    atexit._run_exitfuncs()
    for output in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            output.flush()
    os._exit(code)


def _arrange(faults):
    from tests.support.failing import Point, arrange

    for point, action, options in faults:
        arrange(Point(*point), action, **options)


def _fork_helpers_too():
    """Let multiprocessing fork its server and its tracker from us, instead of starting Python for each."""
    from multiprocessing import util

    def fork_instead(_path, arguments, passed):
        pid = os.fork()
        if pid:
            return pid
        try:
            _close_all_but({0, 1, 2, *passed})
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            program = arguments.index("-c") + 1
            sys.argv = [
                "-c",
                *arguments[program + 1 :],
            ]  # Python 3.14 hands on those of the process that asks
            exec(arguments[program], {})  # noqa: S102
            os._exit(0)
        except SystemExit as end:
            os._exit(end.code or 0)
        except BaseException:  # noqa: BLE001 - as the interpreter does
            traceback.print_exc()
        finally:
            os._exit(1)

    util.spawnv_passfds = fork_instead


def _close_all_but(kept):
    for name in [path.name for path in Path("/proc/self/fd").iterdir()]:
        if int(name) not in kept:
            with suppress(OSError):  # the one that listed them
                os.close(int(name))


def _main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders, door = (socket.socket(fileno=int(fd)) for fd in sys.argv[1:])
    for name in IMPORTS:
        importlib.import_module(name)
    for name in OF_EXTRAS:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    importlib.import_module("model.reading.preload").preload()
    importlib.import_module("daemon.cli.program").command()
    gc.collect()
    gc.freeze()  # else each collection of each daemon goes through all that was imported, and copies it
    _serve(orders, door)


if __name__ == "__main__":
    _main()
