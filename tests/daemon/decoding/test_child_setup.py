import os
import subprocess
import sys

from tests.support.deadlines import scaled
from tests.support.shared import ROOT


def test_a_child_whose_daemon_is_gone_already_leaves_at_once():
    read, write = os.pipe()
    os.close(write)
    script = f"from daemon.decoding.child_setup import end_with\nend_with({read})"
    with open(read, "rb"):
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, pass_fds=[read], check=False, timeout=scaled(60)
        )
    assert done.returncode == 1
