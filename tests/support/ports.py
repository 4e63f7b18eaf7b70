"""Ports of loopback for programs that must be told their port: one that is given here is nobody else's.

The system gives ports out by itself, to clients and to who asks for any: one that was asked for so, and let
go, may be another's a moment later. So these lie below its own, and each test process has a range of them.
"""

import itertools
import os
import socket

_FIRST, _EACH, _MOST_PROCESSES = 12_000, 1000, 16
"""Linux gives out 32768 and more, by default."""
_turns = itertools.count(os.getpid())  # two runs on one machine begin at different ones


def free_port() -> int:
    """Find a port that nothing listens at, and that is not given out again for long.

    Returns
    -------
    int
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = _FIRST + _EACH * (worker % _MOST_PROCESSES)
    return next(port for port in (first + next(_turns) % _EACH for _ in range(_EACH)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
