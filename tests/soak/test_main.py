"""An item of `make soak` that takes too long ends with all that it started.

Break it: leave `os.killpg` out of `tests.soak.__main__.run`.
"""

import sys
from pathlib import Path

from tests.soak.__main__ import run
from tests.soak.items import Item
from tests.support.waiting import wait_until

LONG = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, file=sys.stderr, flush=True)
child.wait()
"""


def is_there(pid):
    """Tell whether a process lives; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_takes_too_long_ends_with_its_children(tmp_path):
    code, output, _ = run(Item("long", [sys.executable, "-c", LONG]), tmp_path, longest_s=2)
    assert (code, output) == (124, "")
    pid = int((tmp_path / "long.log").read_text())
    wait_until(lambda: not is_there(pid), what="the child to end")


def test_what_ends_in_time_is_reported(tmp_path):
    quick = Item("quick", [sys.executable, "-c", "print('said'); raise SystemExit(3)"])
    assert run(quick, tmp_path)[:2] == (3, "said\n")
