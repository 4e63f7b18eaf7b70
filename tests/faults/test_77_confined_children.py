"""Fault 77: a file breaks into the child that decodes it.

Break it: leave out `confine` in `daemon.decoding.serve`. A file in the inbox reads and removes others then.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.decoding.landlock import landlock_version
from daemon.decoding.messages import Decoded
from daemon.decoding.pool import DecoderPool
from tests.support.daemons import environment
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS
from tests.support.shared import ROOT


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


AN_OLDER_KERNEL = """
import ctypes, errno, os, struct, sys
def step(code, on_true, on_false, value):
    return struct.pack("=HBBI", code, on_true, on_false, value)
refuse = step(0x06, 0, 0, 0x00050000 | errno.ENOSYS)
allow = step(0x06, 0, 0, 0x7FFF0000)
steps = step(0x20, 0, 0, 0) + step(0x35, 0, 2, 444) + step(0x25, 1, 0, 446) + refuse + allow
class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(steps) // 8, steps))) == 0
os.execv(sys.executable, [sys.executable, "-m", "daemon", *sys.argv[1:]])
"""


def test_77_where_the_kernel_has_no_landlock_the_rest_stands_and_that_is_reported(tmp_path):
    """A filter around the whole program answers Landlock's three calls as an older kernel does."""
    end = subprocess.run(
        [sys.executable, "-c", AN_OLDER_KERNEL, "config", "check", "--sandbox", "--format", "json"],
        cwd=ROOT,
        env=environment(tmp_path / "spool"),
        capture_output=True,
        text=True,
        check=False,
        timeout=scaled(60),
    )
    lacking = {row["check"] for row in json.loads(end.stdout) if not row["holds"]}

    assert end.returncode == 69, end.stderr
    assert lacking == {"landlock", "cannot_read_another_file", "cannot_list_a_folder"}
