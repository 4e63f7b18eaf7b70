"""Run in a process of its own: a test's own standard error is pytest's."""

import subprocess
import sys

PROGRAM = """
import os, sys
from pathlib import Path
from daemon.cli.native_log import native_log_in
print("before", file=sys.stderr)
try:
    with native_log_in(Path(sys.argv[1]) / "run" / "tensorflow.log"):
        os.write(2, b"native\\n")
        print("python", file=sys.stderr)
        if len(sys.argv) > 2:
            raise ValueError(sys.argv[2])
except ValueError as error:
    print(error, file=sys.stderr)
os.write(2, b"after\\n")
"""


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)], text=True, check=True, **options
    )


def test_native_lines_are_in_the_file_and_python_s_are_seen(tmp_path):
    seen = run(tmp_path, stderr=subprocess.PIPE).stderr
    assert seen.splitlines() == ["before", "python", "after"]
    assert (tmp_path / "run" / "tensorflow.log").read_text() == "native\n"


def test_an_error_in_the_block_is_seen_and_a_second_block_appends(tmp_path):
    run(tmp_path, stderr=subprocess.PIPE)
    assert run(tmp_path, "broken", stderr=subprocess.PIPE).stderr.splitlines()[-2:] == ["broken", "after"]
    assert (tmp_path / "run" / "tensorflow.log").read_text() == "native\n" * 2


def test_without_a_standard_error_the_block_runs(tmp_path):
    program = (
        "from daemon.cli.native_log import native_log_in\nfrom pathlib import Path\n"
        f"with native_log_in(Path({str(tmp_path)!r}) / 'tensorflow.log'):\n    print('ran')"
    )
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", program]
    assert subprocess.run(closed, check=True, stdout=subprocess.PIPE, text=True).stdout == "ran\n"
