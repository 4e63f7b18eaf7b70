"""The filter is read as the kernel reads it: each call by its number and arguments, on each processor."""

import errno
import os
import struct

import pytest

from daemon.decoding.seccomp import filter_for

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
PROCESSORS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
PID = 4711
REFUSED = {  # by number on x86-64, and on aarch64
    "socket": (41, 198),
    "connect": (42, 203),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "creat": (85, None),
    "rename": (82, None),
    "renameat2": (316, 276),
    "unlinkat": (263, 35),
    "mkdirat": (258, 34),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "truncate": (76, 45),
    "fchmodat": (268, 53),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "pidfd_getfd": (438, 438),
    "memfd_create": (319, 279),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "mount": (165, 40),
    "unshare": (272, 97),
    "keyctl": (250, 219),
    "userfaultfd": (323, 282),
}


def run(machine, number, *arguments, architecture=None):
    """Interpret the filter of a process 4711 for one call."""
    program = list(struct.iter_unpack("=HBBI", filter_for(machine, PID)))
    values = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", number, architecture or PROCESSORS[machine], 0, *values)
    place, register = 0, 0
    while True:
        code, on_true, on_false, value = program[place]
        place += 1
        if code == 0x06:
            return value
        if code == 0x20:
            (register,) = struct.unpack_from("=I", data, value)
            continue
        is_true = {0x15: register == value, 0x35: register >= value, 0x45: bool(register & value)}[code]
        place += on_true if is_true else on_false


@pytest.mark.parametrize("machine", PROCESSORS)
def test_what_decoding_does_not_need_is_refused(machine):
    place = list(PROCESSORS).index(machine)
    for name, numbers in REFUSED.items():
        if numbers[place] is not None:
            assert run(machine, numbers[place]) == ERRNO | errno.EPERM, name


@pytest.mark.parametrize("machine", PROCESSORS)
def test_calls_of_another_table_end_the_process(machine):
    assert run(machine, 0, architecture=0x40000003) == KILL  # i386
    assert run("x86_64", 0x40000000) == KILL  # x32


@pytest.mark.parametrize(("machine", "openat"), [("x86_64", 257), ("aarch64", 56)])
@pytest.mark.parametrize(
    "flags", [os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE | os.O_RDWR]
)
def test_files_are_opened_to_be_read_alone(machine, openat, flags):
    assert run(machine, openat, 0, 0, os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY) == ALLOW
    assert run(machine, openat, 0, 0, flags) == ERRNO | errno.EPERM


@pytest.mark.parametrize(("machine", "clone", "kill"), [("x86_64", 56, 62), ("aarch64", 220, 129)])
def test_threads_and_signals_to_itself_are_allowed_alone(machine, clone, kill):
    assert run(machine, clone, 0x3D0F00) == ALLOW  # those of pthread_create(3)
    assert run(machine, clone, 0x1200011) == ERRNO | errno.EPERM  # those of fork(3)
    assert run(machine, 435) == ERRNO | errno.ENOSYS  # clone3: the C library falls back
    assert (run(machine, kill, PID), run(machine, kill, 1)) == (ALLOW, ERRNO | errno.EPERM)


@pytest.mark.parametrize(("machine", "fcntl"), [("x86_64", 72), ("aarch64", 25)])
def test_no_descriptor_is_made_to_signal_others(machine, fcntl):
    assert run(machine, fcntl, 3, 3) == ALLOW
    assert run(machine, fcntl, 3, 8, 1) == ERRNO | errno.EPERM  # F_SETOWN


def test_a_processor_without_a_table_has_no_filter():
    assert filter_for("riscv64", PID) is None
