import os
import subprocess
import sys
import tempfile

from daemon.decoding.confine import Confinement, library_folders
from tests.support.shared import ROOT

SCRIPT = """
import os, sys
from daemon.decoding.confine import confine
kept, other = os.pipe()
holds = confine([kept])
import xml.dom.minidom, numpy.polynomial.chebyshev  # later, of folders that it may read
print(sorted(int(name) for name in sys.stdin.read().split()), holds.has_no_new_privileges, dict(os.environ))
for number in (kept, other):
    try:
        os.fstat(number)
        print("open")
    except OSError:
        print("closed")
"""


def test_what_is_imported_later_can_be_and_what_was_open_is_closed():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        input="1",
        env=os.environ | {"PASSWORD": "hunter2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["[1] True {}", "open", "closed"]


def test_only_what_is_open_is_closed_however_many_descriptors_there_may_be():
    """Break it: close the numbers up to the limit, one by one, as `os.closerange` does on older systems.

    With the 1,073,741,816 descriptors of a container that takes a child 12 minutes.
    """
    script = """
import os
from daemon.decoding.confine import close_all_but
kept, other = os.pipe()
closed = []
close = os.close
os.close = lambda descriptor: (closed.append(descriptor), close(descriptor))
os.closerange = lambda first, end: closed.extend(range(first, end))
close_all_but([kept])
print(kept in closed, other in closed, len(closed) < 100)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "True"]


def test_the_folders_hold_libraries_and_never_a_spool_beside_them():
    folders = library_folders()

    assert os.path.dirname(os.__file__) in folders
    assert os.path.join(ROOT, "daemon") in folders
    assert str(ROOT) not in folders
    assert not {"/", "/var", "/etc", "/home", "/root", tempfile.gettempdir()} & set(folders)


def test_nothing_holds_before_it_was_put_on():
    assert not Confinement().is_whole
