"""A network of its own has loopback, and that alone."""

import os
import shutil
import subprocess
import sys

import pytest

from daemon.errors import ConfigurationError
from daemon.network.rehearsal.alone import alone, raise_loopback, refuse_if_not_possible
from tests.support.shared import ROOT

INSIDE = """
import socket
from daemon.network.rehearsal.alone import raise_loopback
raise_loopback()
print([name for _, name in socket.if_nameindex()])
listening = socket.create_server(("127.0.0.1", 11112))
socket.create_connection(("127.0.0.1", 11112), 5).close()
"""


def test_only_root_needs_no_users_of_its_own(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert alone(["true"]) == ["unshare", "--net", "--", "true"]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert alone(["true"]) == ["unshare", "--user", "--map-root-user", "--net", "--", "true"]


def test_where_there_is_none_it_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="unshare --net"):
        refuse_if_not_possible()


def test_its_loopback_works_and_it_has_nothing_else():
    if shutil.which("unshare") is None or subprocess.run(alone(["true"]), check=False).returncode:
        pytest.skip("this system gives no network of its own")
    command = alone([sys.executable, "-c", INSIDE])
    end = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (end.returncode, end.stdout) == (0, "['lo']\n"), end.stderr


def test_a_loopback_that_is_up_may_be_switched_on_again():
    if os.geteuid() != 0:
        pytest.skip("only root may")
    raise_loopback()
