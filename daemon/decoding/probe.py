"""What a child that was broken into would try; it is tried, so that what holds here is seen, not believed."""

import json
import os
import socket
from collections.abc import Callable
from typing import Any

from daemon.decoding.limits import ChildLimits
from daemon.decoding.messages import Decoded
from storage.vocabulary import FAILED

_CONNECT_S = 2.0
_PROGRAM = "/bin/true"


def try_everything(descriptor: int, _limits: ChildLimits) -> Decoded:
    """Try what decoding does not need.

    Parameters
    ----------
    descriptor : int
        A file that holds, as JSON, the `folder` of another file `a`, and a `port` here that listens.
    _limits : ChildLimits
        As all functions of children take them.

    Returns
    -------
    Decoded
        Its `warnings` are the names of what was possible.
    """
    order = json.loads(os.pread(descriptor, 1 << 16, 0))
    folder, port = order["folder"], order["port"]
    return Decoded.refused(FAILED, "unreadable", warnings=possible(folder, port))


def possible(folder: str, port: int) -> tuple[str, ...]:
    """Return what is possible in this process.

    Parameters
    ----------
    folder : str
        Holds a file `a`, which may be gone afterwards.
    port : int
        Something listens there on this machine.

    Returns
    -------
    tuple of str
        Of `ACTS`.
    """
    return tuple(name for name, act in ACTS.items() if _succeeds(act, folder, port))


def _succeeds(act: Callable[[str, int], Any], folder: str, port: int) -> bool:
    try:
        act(folder, port)
    except OSError:
        return False
    return True


def _read_another(folder: str, _port: int) -> None:
    os.close(os.open(f"{folder}/a", os.O_RDONLY))


def _list_a_folder(folder: str, _port: int) -> None:
    os.listdir(folder)


def _make_a_file(folder: str, _port: int) -> None:
    os.close(os.open(f"{folder}/new", os.O_WRONLY | os.O_CREAT, 0o600))


def _write_to_a_file(folder: str, _port: int) -> None:
    os.close(os.open(f"{folder}/a", os.O_WRONLY))


def _move_a_file(folder: str, _port: int) -> None:
    os.rename(f"{folder}/a", f"{folder}/moved")
    os.rename(f"{folder}/moved", f"{folder}/a")


def _connect(_folder: str, port: int) -> None:
    socket.create_connection(("127.0.0.1", port), _CONNECT_S).close()


def _start_a_process(_folder: str, _port: int) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _start_a_program(_folder: str, _port: int) -> None:
    os.waitpid(os.posix_spawn(_PROGRAM, [_PROGRAM], {}), 0)


def _signal_another(_folder: str, _port: int) -> None:
    os.kill(os.getppid(), 0)


ACTS: dict[str, Callable[[str, int], None]] = {
    "read_another_file": _read_another,
    "list_a_folder": _list_a_folder,
    "make_a_file": _make_a_file,
    "write_to_a_file": _write_to_a_file,
    "move_a_file": _move_a_file,
    "connect": _connect,
    "start_a_process": _start_a_process,
    "start_a_program": _start_a_program,
    "signal_another_process": _signal_another,
}
