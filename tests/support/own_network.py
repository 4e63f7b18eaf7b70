"""A network that holds nothing but a loopback of its own: servers that listen everywhere reach nobody there.

DCMTK's and Orthanc's ports cannot be bound to loopback. So the thread of a test goes into a network of its
own (unshare(2)), what it starts is born there, and it comes back at the end.
"""

import ctypes
import fcntl
import os
import socket
import struct
from contextlib import contextmanager

import pytest

VARIABLE = "TESTS_NETWORK"
"""The network that a program of the tests goes into before it begins."""
_NEW_NETWORK = 0x40000000
_READ_FLAGS, _WRITE_FLAGS, _UP = 0x8913, 0x8914, 0x1
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network():
    """Be in a network of one's own; yield a path by which others go in.

    Yields
    ------
    str
    """
    former = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if _libc.unshare(_NEW_NETWORK) != 0:
            pytest.skip(f"no network of its own can be made here: {os.strerror(ctypes.get_errno())}")
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
                request = fcntl.ioctl(any_socket, _READ_FLAGS, struct.pack("16sh22x", b"lo", 0))
                (flags,) = struct.unpack_from("h", request, 16)
                fcntl.ioctl(any_socket, _WRITE_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))
            yield f"/proc/{os.getpid()}/task/{_libc.gettid()}/ns/net"
        finally:
            _set(former)
    finally:
        os.close(former)


def enter_named_network():
    """Go into the network that the environment names, if it names one."""
    path = os.environ.pop(VARIABLE, None)
    if path is not None:
        network = os.open(path, os.O_RDONLY)
        _set(network)
        os.close(network)


def _set(network):
    if _libc.setns(network, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")
