"""Faults 65 and 66: a disk that takes nothing at a start; a log whose reader is gone, or that takes nothing.

Break it: let `prove_renames` make a `ConfigurationError` of each error (65); let `daemon.logs` write to
``sys.stderr`` itself (66).
"""

import os
import signal
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from daemon.decoding.forkserver import check_surroundings
from daemon.errors import InputOutputError
from daemon.spool.folders import Spool, create
from tests.faults.conftest import CALM
from tests.support.daemons import count, environment, inboxray, rows, start
from tests.support.failing import Point
from tests.support.mounts import tmpfs
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until


@contextmanager
def no_inodes(folder):
    """Take each inode that a file system has left."""
    ballast = folder / "ballast"
    ballast.mkdir()
    with suppress(OSError):
        for number in range(100_000):
            (ballast / str(number)).touch()
    try:
        yield
    finally:
        for file in ballast.iterdir():
            file.unlink()


def test_65_a_start_without_inodes_is_tried_again_by_the_service_manager(tmp_path):
    with tmpfs(tmp_path / "spool", "64m", inodes=200) as root:
        spool = Spool(root)
        create(spool)
        assert inboxray(root, "once", **CALM).returncode == 0
        drop(spool.inbox / "a.png", png_bytes(1))
        with no_inodes(root):
            end = inboxray(root, "once", **CALM)
        assert end.returncode == 74, end.stderr
        assert "df -i" in end.stderr
        assert inboxray(root, "once", **CALM).returncode == 0
        assert [row["outcome"] for row in rows(root)] == ["classified"]


def test_65_the_unit_is_not_left_off_then():
    unit = (Path(__file__).resolve().parents[2] / "systemd" / "inboxray.service").read_text()
    prevented = next(line for line in unit.splitlines() if line.startswith("RestartPreventExitStatus="))
    assert not {"73", "74", "69"} & set(prevented.partition("=")[2].split())
    assert "Restart=on-failure" in unit


def test_65_a_full_folder_for_temporary_files_is_no_wrong_setting(tmp_path, monkeypatch):
    with tmpfs(tmp_path / "small", inodes=20) as small, no_inodes(small):
        monkeypatch.setenv("TMPDIR", str(small))
        monkeypatch.setattr(tempfile, "tempdir", None)
        monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(small)])
        with pytest.raises(InputOutputError, match="df -i"):
            check_surroundings()


@contextmanager
def lost_log(how):
    """Give what a process writes to and no line of which is ever read."""
    if how == "full":
        with Path("/dev/full").open("wb") as full:
            yield full
    else:
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb", buffering=0) as gone:
            yield gone


@pytest.mark.parametrize("how", ["full", "gone"])
def test_66_a_daemon_does_not_die_of_its_log(tmp_path, how):
    spool = tmp_path / "spool"
    create(Spool(spool))
    with lost_log(how) as log:
        process = start(["run"], env=environment(spool, **CALM), stdout=log, stderr=log)
        try:
            for number in range(10):
                drop(spool / "inbox" / f"{number}.png", png_bytes(number))
            wait_until(lambda: count(spool) == 10, timeout_s=90, what="ten rows")
            process.send_signal(signal.SIGTERM)
            assert process.wait(90) == 0
        finally:
            process.kill()
    assert {row["outcome"] for row in rows(spool)} == {"classified"}


@pytest.mark.parametrize("how", ["full", "gone"])
@pytest.mark.parametrize(("settings", "code"), [({}, 0), ({"batch_size": "many"}, 78)])
def test_66_an_exit_code_is_that_of_the_daemon_and_not_of_its_log(tmp_path, how, settings, code):
    with lost_log(how) as log:
        arguments = {"env": environment(tmp_path / "spool", **CALM, **settings), "stdout": log, "stderr": log}
        process = start(["once"], **arguments, fresh=True)
        assert process.wait(90) == code


def test_66_a_pipe_that_breaks_under_the_daemon_is_an_error(tmp_path, zygote):
    """0 would leave it off: it is what a command ends with whose reader has seen enough."""
    faults = [(Point("daemon.service.service", "prove_renames"), "EPIPE", {})]
    assert zygote.once(tmp_path / "spool", faults=faults, **CALM) == 74
