import runpy

from daemon.decoding import environment
from model.reading import preload


def test_importing_it_is_what_preloads(monkeypatch):
    """The fork server knows modules to import, and no functions to call."""
    called = []
    monkeypatch.setattr(preload, "preload", lambda: called.append("preload"))
    monkeypatch.setattr(environment, "forget_environment", lambda: called.append("forget"))
    runpy.run_module("daemon.decoding.preloaded")

    assert called == ["preload", "forget"]  # what is imported may ask for a variable
