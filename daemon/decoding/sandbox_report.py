"""What children can do on this machine, found out by a real one that tries."""

import json
import os
import socket
import tempfile
from dataclasses import dataclass
from queue import Queue

from daemon.decoding.answer_format import read_decoded
from daemon.decoding.children import ChildPool, Ended, Work
from daemon.decoding.confine import Confinement
from daemon.decoding.limits import ChildLimits
from daemon.decoding.opening import unreadable
from daemon.decoding.probe import ACTS, try_everything
from daemon.errors import DaemonAwayError
from model.reading.limits import Limits

_MEMORY_BYTES = 4 << 30
_DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """What holds for children here.

    Parameters
    ----------
    confinement : Confinement
        The layers that the kernel took.
    possible : frozenset of str
        What a child could do all the same, by the names of `probe.ACTS`.
    """

    confinement: Confinement
    possible: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """True if every layer is there and nothing is possible."""
        return self.confinement.is_whole and not self.possible

    def rows(self) -> list[dict[str, object]]:
        """Return a line a layer, and one for each thing that was tried.

        Returns
        -------
        list of dict
            Of ``check`` and ``holds``.
        """
        layers = {
            "no_new_privs": self.confinement.has_no_new_privileges,
            "landlock": self.confinement.landlock > 0,
            "seccomp": self.confinement.is_filtered,
        }
        refused = {f"cannot_{act}": act not in self.possible for act in ACTS}
        return [{"check": name, "holds": holds} for name, holds in {**layers, **refused}.items()]


def try_sandbox(*, is_confined: bool = True) -> SandboxReport:
    """Start a child, and let it try what decoding does not need: on a file of ours, and a port of ours.

    Parameters
    ----------
    is_confined : bool
        False shows what a child could do without a sandbox.

    Returns
    -------
    SandboxReport

    Raises
    ------
    DaemonAwayError
        No child can be started here.
    """
    ended: Queue[Ended] = Queue()
    limits = ChildLimits(_DEADLINE_S, 0, _MEMORY_BYTES, 1 << 20, Limits())
    works = {try_everything: Work(read_decoded, unreadable)}
    pool = ChildPool(1, _MEMORY_BYTES, 1, works, is_confined=is_confined)
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        order = os.path.join(folder, "order")
        for path, content in ((order, json.dumps(_order(folder, server))), (f"{folder}/a", "a")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        try:
            pool.call(try_everything, (os.fsencode(order), limits), ended.put)
            answer = ended.get()
            confinement = pool.confinement(0)
        finally:
            pool.close()
    if answer.error is not None or confinement is None:
        raise DaemonAwayError(
            "no child that decodes can be started here, or it ended at once: see whether memory, processes "
            "and /dev/shm are enough"
        ) from answer.error
    return SandboxReport(confinement, frozenset(answer.value.warnings))


def _order(folder: str, server: socket.socket) -> dict[str, object]:
    return {"folder": folder, "port": server.getsockname()[1]}
