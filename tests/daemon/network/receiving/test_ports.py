"""Ports are taken, or taken over from systemd and left to it again."""

import fcntl
import os
import socket
import subprocess
import sys

import pytest

from daemon.errors import ConfigurationError
from daemon.network.receiving.ports import inherited, listen
from tests.support.shared import ROOT


def test_a_port_that_is_taken_is_named():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match="receive_listen"),
    ):
        listen(f"127.0.0.1:{taken.getsockname()[1]}", "receive_listen")


def test_an_address_that_is_not_ours_is_named():
    with pytest.raises(ConfigurationError, match="receive_listen"):
        listen("192.0.2.7:11112", "receive_listen")


TAKEN_OVER = """
import os, sys
from daemon.network.receiving.ports import inherited
for number, descriptor in enumerate(sys.argv[1:], 3):
    os.dup2(int(descriptor), number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="inboxray-receive.socket:tls")
taken = inherited(os.environ)
print([port.listening.getsockname()[1] for port in taken], [port.is_encrypted for port in taken])
print(os.get_inheritable(3), "LISTEN_FDS" in os.environ)
os.environ.update(LISTEN_PID="1", LISTEN_FDS="1")
print(inherited(os.environ), inherited({}))
"""


def test_ports_of_systemd_are_taken_over():
    """As systemd hands them on: the sockets are descriptor 3 and 4, and the variables name this process."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        numbers = [fcntl.fcntl(port, fcntl.F_DUPFD, 200) for port in (one, other)]  # not 3 and 4 themselves
        end = subprocess.run(
            [sys.executable, "-c", TAKEN_OVER, *map(str, numbers)],
            pass_fds=numbers,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for number in numbers:
            os.close(number)
        ports = [listening.getsockname()[1] for listening in (one, other)]
    shown = [f"{ports} [False, True]", "False False", "[] []"]
    assert end.stdout.splitlines() == shown, end.stderr


def test_what_is_no_port_of_the_network_is_refused(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "socket"))
        taken.listen()
        monkeypatch.setattr("daemon.network.receiving.ports._FIRST_INHERITED", os.dup(taken.fileno()))
        with pytest.raises(ConfigurationError, match="ListenStream"):
            inherited({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})
