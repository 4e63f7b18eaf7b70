import subprocess
import sys

from daemon.execution.dask.scratch import Scratch

KILLED = """
import os, sys, signal
from pathlib import Path
from daemon.execution.dask.scratch import Scratch
with Scratch(Path(sys.argv[1])).file(b"a patient's"):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_there_for_its_block_alone_and_no_one_elses(tmp_path):
    scratch = Scratch(tmp_path / "scratch")
    with scratch.file(b"x"):
        (path,) = files(tmp_path)
        assert (path.read_bytes(), path.stat().st_mode & 0o077) == (b"x", 0)
    scratch.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_a_killed_worker_left_goes_and_what_another_holds_stays(tmp_path):
    """Break it: leave them. Patients' files then stay on a worker's disk for ever."""
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert len(files(tmp_path)) == 1
    running = Scratch(tmp_path)
    assert files(tmp_path) == []
    with running.file(b"in work"):
        Scratch(tmp_path)
        assert len(files(tmp_path)) == 1


def test_a_folder_that_was_taken_away_is_made_again(tmp_path):
    scratch = Scratch(tmp_path)
    with scratch.file(b""):
        pass
    for folder in tmp_path.iterdir():
        folder.rmdir()
    with scratch.file(b"x"):
        assert len(files(tmp_path)) == 1
