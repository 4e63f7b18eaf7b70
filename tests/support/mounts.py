"""Small file systems of their own, where the tests may mount."""

import os
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def tmpfs(folder, size="1m", inodes=0):
    """Mount a small file system in memory on a folder; the test skips, visibly, where that is not allowed.

    Parameters
    ----------
    folder : Path
    size : str
        As mount(8) takes it.
    inodes : int
        How many files and folders it has room for; 0: as many as there is memory for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},nr_inodes={inodes}", "inboxray-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def bound(folder):
    """Mount a folder on itself: one file system, one device number, and no rename over its edge (EXDEV)."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "--bind", str(folder), str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a bind mount needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
