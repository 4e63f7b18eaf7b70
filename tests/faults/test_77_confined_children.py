"""Fault 77: a file breaks into the child that decodes it.

Break it: leave out `confine` in `daemon.decoding.serve`. A file in the inbox reads and removes others then.
"""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from daemon.decoding.landlock import landlock_version
from daemon.decoding.messages import Decoded
from daemon.decoding.pool import DecoderPool
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS


def _open(done, port):
    (done / "scan").read_bytes()


def _list(done, port):
    list(done.iterdir())


def _connect(done, port):
    socket.create_connection(("127.0.0.1", port), 2)


def _connect_to_the_service_manager(done, port):
    socket.socket(socket.AF_UNIX)


def _exec(done, port):
    os.execv("/bin/true", ["/bin/true"])  # noqa: S606


def _run(done, port):
    subprocess.run(["/bin/true"], check=True)


def _write(done, port):
    (done / "mine").write_bytes(b"")


def _overwrite(done, port):
    (done / "scan").open("r+b").close()


def _remove(done, port):
    (done / "scan").unlink()


def _move(done, port):
    (done / "scan").rename(done / "elsewhere")


def _own_file(done, port):
    Path("/proc/self/fd/0").open("wb").close()


def _kill(done, port):
    os.kill(os.getppid(), 9)


BY_LANDLOCK = {"open": _open, "list": _list}
BY_ITS_FILTER = {
    "connect": _connect,
    "unix": _connect_to_the_service_manager,
    "exec": _exec,
    "run": _run,
    "write": _write,
    "overwrite": _overwrite,
    "remove": _remove,
    "move": _move,
    "reopen": _own_file,
    "kill": _kill,
}


def break_in(descriptor, limits):
    """Be a decoder that a file told what to do; answer with what it could not."""
    place, port = os.pread(descriptor, 4096, 0).decode().split("\n")
    refused = []
    for name, act in {**BY_LANDLOCK, **BY_ITS_FILTER}.items():
        try:
            act(Path(place), int(port))
        except OSError:
            refused.append(name)
    return Decoded.refused("failed", "unreadable", warnings=tuple(refused))


@pytest.fixture
def refused(tmp_path):
    """What a file could not do, and what is left of the others."""
    done = tmp_path / "done"
    done.mkdir()
    (done / "scan").write_bytes(b"another patient's")
    with socket.create_server(("127.0.0.1", 0)) as server, DecoderPool(1, LIMITS, decode=break_in) as pool:
        (tmp_path / "hostile").write_text(f"{done}\n{server.getsockname()[1]}")
        answer = pool.decode(os.fsencode(tmp_path / "hostile")).result(scaled(60))
        assert [path.name for path in done.iterdir()] == ["scan"]
    return set(answer.warnings)


def test_77_it_can_do_nothing_but_answer_for_itself(refused):
    assert set(BY_ITS_FILTER) <= refused


def test_77_it_can_read_no_other_patients_file(refused):
    if landlock_version() == 0:
        pytest.skip("this kernel has no Landlock: `inboxray config check --sandbox` says so")
    assert set(BY_LANDLOCK) <= refused
