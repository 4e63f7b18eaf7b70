import os
import subprocess
import sys

from tests.support.deadlines import scaled


def bound(pid, *arguments):
    command = [sys.executable, "-m", "daemon.cli.bound", str(pid), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=scaled(60), check=False)


def test_it_is_inboxray_for_the_process_that_starts_it():
    end = bound(os.getpid(), "--version")

    assert (end.returncode, end.stderr) == (0, "")
    assert end.stdout.startswith("inboxray ")


def test_it_does_not_begin_once_its_parent_is_another():
    """The soak was killed between its start and the first instruction: no daemon may stay."""
    end = bound(os.getppid(), "--version")

    assert (end.returncode, end.stdout) == (1, "")
