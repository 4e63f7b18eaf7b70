import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from model.engines.quiet import quiet_stderr
from tests.support.deadlines import scaled


def test_native_lines_are_lost_and_later_ones_are_not(capfd):
    os.write(2, b"before ")
    with quiet_stderr():
        os.write(2, b"native ")
    os.write(2, b"after")

    assert capfd.readouterr().err == "before after"


def test_an_error_inside_leaves_standard_error_as_it_was(capfd):
    with pytest.raises(ZeroDivisionError), quiet_stderr():
        _ = 1 / 0
    os.write(2, b"after")

    assert capfd.readouterr().err == "after"


def test_no_descriptor_is_left_open():
    ours = {os.devnull, str(Path("/proc/self/fd/2").readlink())}

    def opened():
        return sum(str(one.readlink()) in ours for one in Path("/proc/self/fd").iterdir() if one.is_symlink())

    before = opened()
    for _ in range(5):
        with quiet_stderr():
            pass

    assert opened() == before


def test_a_process_without_standard_error_is_no_matter():
    script = (
        "import os; os.close(2)\n"
        "from model.engines.quiet import quiet_stderr\n"
        "with quiet_stderr(): print('inside')"
    )

    done = run([sys.executable, "-c", script], capture_output=True, timeout=scaled(60), check=False)

    assert (done.returncode, done.stdout) == (0, b"inside\n")
