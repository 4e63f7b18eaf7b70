import pickle
import runpy
import subprocess
import sys

import pytest

from daemon.decoding import environment
from daemon.decoding.decode import decode_file
from daemon.decoding.serve import ChildPlan, serve
from daemon.decoding.works import works
from model.reading import preload

BEGUN = """
import pickle, sys
import daemon.decoding.preloaded
before = set(sys.modules)
pickle.load(sys.stdin.buffer)
print(sorted(set(sys.modules) - before))
"""


def test_importing_it_is_what_preloads(monkeypatch):
    """The fork server knows modules to import, and no functions to call."""
    called = []
    monkeypatch.setattr(preload, "preload", lambda: called.append("preload"))
    monkeypatch.setattr(environment, "forget_environment", lambda: called.append("forget"))
    runpy.run_module("daemon.decoding.preloaded")

    assert called == ["preload", "forget"]  # what is imported may ask for a variable


def test_what_cannot_be_imported_keeps_no_environment(monkeypatch):
    """The fork server passes an ImportError over, and forks all the same."""
    called = []

    def fail():
        raise ImportError

    monkeypatch.setattr(preload, "preload", fail)
    monkeypatch.setattr(environment, "forget_environment", lambda: called.append("forget"))
    with pytest.raises(ImportError):
        runpy.run_module("daemon.decoding.preloaded")

    assert called == ["forget"]


def test_after_it_a_child_begins_without_imports():
    """Break it: leave one out. Each child would import it, and have it for itself alone."""
    what_it_is_sent = pickle.dumps((serve, ChildPlan(1 << 30, tuple(works(decode_file)))))
    done = subprocess.run(
        [sys.executable, "-c", BEGUN], input=what_it_is_sent, capture_output=True, check=True
    )

    assert done.stdout.strip() == b"[]"
