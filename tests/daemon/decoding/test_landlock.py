import subprocess
import sys

import pytest

from daemon.decoding import landlock
from tests.support.deadlines import scaled
from tests.support.shared import ROOT

SCRIPT = """
import ctypes, os, sys
from daemon.decoding.landlock import read_only
mine, other = sys.argv[1:]
held = open(other + "/a")
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
found = [read_only([mine, "/there/is/none"]), open(mine + "/a").read(), held.read()]
for act in (lambda: open(other + "/a"), lambda: os.listdir(other), lambda: open(mine + "/b", "w")):
    try:
        act()
    except OSError as error:
        found.append(type(error).__name__)
print(found)
"""


def test_a_process_reads_what_it_may_and_what_it_had_open(tmp_path):
    version = landlock.landlock_version()
    if version == 0:
        pytest.skip("this kernel has no Landlock")
    for name in ("mine", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "mine", tmp_path / "other"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=scaled(60),
    )
    assert done.stdout.strip() == str([version, "mine", "other", *["PermissionError"] * 3])


@pytest.mark.parametrize("refuses_from", [0, 1, 2])
def test_a_kernel_that_refuses_any_step_is_said(monkeypatch, refuses_from):
    """An older kernel, one that has it switched off, or a container that keeps it from us."""
    answers = [7, 3, 0][:refuses_from] + [-1] * 5
    monkeypatch.setattr(landlock, "_call", lambda *_: answers.pop(0))
    monkeypatch.setattr(landlock.os, "close", lambda _: None)

    assert landlock.read_only([]) == 0
