"""Which system calls a child may still make: a filter of the kernel's, by hand for two processors.

The filter is a list of what decoding needs. All else is refused with EPERM, as where the user may not, so
that a library that asks for more than it needs goes on: no socket, no program, no process, no file opened to
be written, made, moved or removed, no signal to others. What cannot be judged (`openat2` and `clone3` have
their flags in memory, where no filter looks) gives ENOSYS, and the C library falls back. A call by another
processor's table ends the process.

There is no kept library that ships wheels: the bindings of libseccomp want it installed and compile nothing.

References
----------
seccomp(2), bpf(4) of BSD; linux/seccomp.h, linux/filter.h, linux/audit.h.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LOAD, _EQUALS, _AT_LEAST, _ANY_BIT, _RETURN = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x06,
)  # BPF_LD|W|ABS, BPF_JMP|..., BPF_RET
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16  # in struct seccomp_data
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_X32 = 0x40000000  # a second table of x86-64

_WRITES: Final = (
    os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | (os.O_TMPFILE & ~os.O_DIRECTORY)
)
_CLONE_THREAD = 0x10000
_ASKED_OF_FILES = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # TCGETS ... FIOCLEX
_DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC
_PROCESS_NAMES = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: labels

# Number on x86-64, number on aarch64; None where there is no such call. The first are the ones made most.
_ALLOWED: Final[dict[str, tuple[int, int | None]]] = {
    "read": (0, 63),
    "write": (1, 64),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "madvise": (28, 233),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "brk": (12, 214),
    "futex": (202, 98),
    "setitimer": (38, 103),
    "clock_gettime": (228, 113),
    "lseek": (8, 62),
    "fstat": (5, 80),
    "close": (3, 57),
    "recvmsg": (47, 212),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "stat": (4, None),
    "lstat": (6, None),
    "getdents64": (217, 61),
    "readv": (19, 65),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "writev": (20, 66),
    "pwrite64": (18, 68),
    "close_range": (436, 436),
    "dup": (32, 23),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "getcwd": (79, 17),
    "statfs": (137, 43),
    "fstatfs": (138, 44),
    "fadvise64": (221, 223),
    "mincore": (27, 232),
    "membarrier": (324, 283),
    "futex_waitv": (449, 449),
    "set_robust_list": (273, 99),
    "get_robust_list": (274, 100),
    "rseq": (334, 293),
    "set_tid_address": (218, 96),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "getcpu": (309, 168),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getitimer": (36, 102),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrandom": (318, 278),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
}


@dataclass(frozen=True, slots=True)
class _Conditional:
    """A call that is allowed for some values of an argument: for these alone, or without (with) some bits."""

    numbers: tuple[int, int | None]
    argument: int
    values: tuple[int, ...] = ()
    without: int = 0
    needs: int = 0


def _conditional(pid: int) -> dict[str, _Conditional]:
    return {
        "openat": _Conditional((257, 56), 2, without=_WRITES),
        "open": _Conditional((2, None), 1, without=_WRITES),
        "clone": _Conditional((56, 220), 0, needs=_CLONE_THREAD),
        "fcntl": _Conditional((72, 25), 1, values=_DESCRIPTOR_COMMANDS),
        "ioctl": _Conditional((16, 29), 1, values=_ASKED_OF_FILES),
        "prctl": _Conditional((157, 167), 0, values=_PROCESS_NAMES),
        "prlimit64": _Conditional((302, 261), 0, values=(0,)),
        "kill": _Conditional((62, 129), 0, values=(pid,)),
        "tgkill": _Conditional((234, 131), 0, values=(pid,)),
    }


_UNKNOWN: Final[dict[str, tuple[int, int | None]]] = {"clone3": (435, 435), "openat2": (437, 437)}

_PROCESSORS: Final = {
    "x86_64": (0, 0xC000003E),
    "aarch64": (1, 0xC00000B7),
}  # place in the tables, AUDIT_ARCH_*


def filter_for(machine: str, pid: int) -> bytes | None:
    """Write the filter of a process.

    Parameters
    ----------
    machine : str
        As `platform.machine` names it.
    pid : int
        The only process that it may send signals to: itself.

    Returns
    -------
    bytes or None
        An array of struct sock_filter; None for a processor whose table we do not have.
    """
    if machine not in _PROCESSORS:
        return None
    place, architecture = _PROCESSORS[machine]
    program = [_load(_ARCHITECTURE_AT), _step(_EQUALS, 1, 0, architecture), _give(_KILL), _load(_NUMBER_AT)]
    if machine == "x86_64":
        program += [_step(_AT_LEAST, 0, 1, _X32), _give(_KILL)]
    for numbers in _ALLOWED.values():
        program += _when(numbers[place], [_give(_ALLOW)])
    for call in _conditional(pid).values():
        program += _when(call.numbers[place], _judge(call))
    for numbers in _UNKNOWN.values():
        program += _when(numbers[place], [_give(_ERRNO | errno.ENOSYS)])
    return b"".join([*program, _give(_ERRNO | errno.EPERM)])


def _judge(call: _Conditional) -> Iterable[bytes]:
    """Decide by the lower half of an argument; the kernel takes no more of those that are looked at here."""
    yield _load(_ARGUMENTS_AT + 8 * call.argument)
    for value in call.values:
        yield from (_step(_EQUALS, 0, 1, value), _give(_ALLOW))
    if call.without:
        yield from (_step(_ANY_BIT, 1, 0, call.without), _give(_ALLOW))
    if call.needs:
        yield from (_step(_ANY_BIT, 0, 1, call.needs), _give(_ALLOW))
    yield _give(_ERRNO | errno.EPERM)


def _when(number: int | None, steps: Iterable[bytes]) -> list[bytes]:
    if number is None:
        return []
    steps = list(steps)
    return [_step(_EQUALS, 0, len(steps), number), *steps]


def _load(offset: int) -> bytes:
    return _step(_LOAD, 0, 0, offset)


def _give(action: int) -> bytes:
    return _step(_RETURN, 0, 0, action)


def _step(code: int, on_true: int, on_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, on_true, on_false, value)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def restrict_calls() -> bool:
    """Put the filter on this process, for good; `no_new_privs` has to be set before.

    Returns
    -------
    bool
        False if the kernel takes none, or the processor is none of ours.
    """
    machine = platform.machine()
    steps = filter_for(machine, os.getpid())
    if steps is None:
        return False
    program = _Program(len(steps) // 8, steps)
    libc = ctypes.CDLL(None, use_errno=True)
    seccomp = 317 if machine == "x86_64" else 277
    if libc.syscall(seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program)) == 0:
        return True
    # Some containers know only the older way; a child has one thread when it begins.
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program)) == 0)
