import os
import subprocess
import sys

from tests.support.shared import ROOT

SCRIPT = """
import os
from daemon.decoding.environment import forget_environment
forget_environment()
print(dict(os.environ), open("/proc/self/environ", "rb").read().strip(b"\\0"), os.getenv("PASSWORD"))
"""


def test_neither_python_nor_the_kernel_knows_a_variable_any_more():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=os.environ | {"PASSWORD": "hunter2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "{} b'' None"
