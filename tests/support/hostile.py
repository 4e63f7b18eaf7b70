"""A decoder that does what the file says: the stand-in for a codec that crashes, hangs, burns or talks."""

import ctypes
import hashlib
import os
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from daemon.decoding import decode as decode_child
from daemon.decoding import serve, wire
from daemon.decoding.limits import Deadline
from daemon.decoding.messages import Decoded
from model.header import Header


def decode_file(descriptor, limits):  # noqa: C901, PLR0912  # a list of orders
    """Decode as a child does, but for files whose first word is an order.

    ``CRASH``: die by a signal; ``CRASH-ONCE``: the first time only; ``HALF-ONCE``: die in the middle of the
    answer, the first time only; ``KILLED``: be killed so many times;
    ``HANG``: burn the processor until the deadline, a second at most;
    ``ENDLESS``: the same until its real deadline; ``ENDLESS-FRAMES``: the same, and say that there are 101;
    ``CRASH-COUNTED`` and ``BURN-COUNTED``: lengthen a file, and die, or do nothing until the deadline;
    ``BURN``: for minutes; ``SLEEP``: do nothing for some seconds; ``ASLEEP``: until its deadline; ``MEMORY``:
    ask for more than is allowed; ``TALK``: write to every output; ``FOREIGN``: raise what no child should;
    ``PID`` and ``RULES``: answer with its id, or with its limits, as warnings.
    """
    order, _, rest = os.pread(descriptor, 200, 0).partition(b" ")
    match order:
        case b"CRASH":
            ctypes.string_at(0)
        case b"CRASH-ONCE":
            _crash_unless(Path(os.fsdecode(rest.split(b"\n")[0])))
        case b"HALF-ONCE":
            _answer_half_unless(Path(os.fsdecode(rest.split(b"\n")[0])))
        case b"KILLED":
            times, tally = rest.split(b"\n")[0].split(b" ", 1)
            _be_killed(int(times), Path(os.fsdecode(tally)))
        case b"HANG":
            with Deadline(replace(limits, deadline_s=1)):  # native: Python looks at no signal
                hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
        case b"ENDLESS" | b"ENDLESS-FRAMES":
            with Deadline(limits) as extend:
                extend(Header("dicom", frames=101 if order == b"ENDLESS-FRAMES" else 1))
                hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
        case b"ASLEEP":
            with Deadline(limits):
                time.sleep(600)
        case b"CRASH-COUNTED" | b"BURN-COUNTED":
            _count(Path(os.fsdecode(rest.split(b"\n")[0])))
            with Deadline(limits):
                _ = ctypes.string_at(0) if order == b"CRASH-COUNTED" else time.sleep(600)
        case b"BURN":
            hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
        case b"SLEEP":
            time.sleep(float(rest.split(b"\n")[0]))
        case b"MEMORY":
            bytearray(limits.memory_bytes)
        case b"TALK":
            _talk(rest)
        case b"FOREIGN":
            raise SystemExit(3)
        case b"PID":
            return Decoded.refused("failed", "unreadable", warnings=(str(os.getpid()),))
        case b"RULES":
            limited = (resource.RLIMIT_AS, resource.RLIMIT_CORE)
            found = [str(value) for one in limited for value in resource.getrlimit(one)]
            return Decoded.refused("failed", "unreadable", warnings=tuple(found))
    return decode_child.decode_file(descriptor, limits)


def _count(tally):
    with tally.open("ab") as file:
        file.write(b"1")


def _crash_unless(mark):
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGSEGV)


def _be_killed(times, tally):
    """As by somebody else: that it comes from within makes no difference to whoever sees the exit code."""
    if not tally.exists() or tally.stat().st_size < times:
        _count(tally)
        os.kill(os.getpid(), signal.SIGKILL)


def _answer_half_unless(mark):
    if mark.exists():
        return
    mark.touch()

    def send(channel, kind, text, array):
        os.write(channel, wire._FROM_CHILD.pack(kind, len(text), len(array)) + text[: len(text) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    serve.send_answer = send


def _talk(text):
    sys.stdout.write(text.decode())
    sys.stderr.write(text.decode())
    sys.stdout.flush()
    os.write(1, text)
    os.write(2, text)
