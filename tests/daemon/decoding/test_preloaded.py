import runpy

from model.reading import preload


def test_importing_it_is_what_preloads(monkeypatch):
    """The fork server knows modules to import, and no functions to call."""
    called = []
    monkeypatch.setattr(preload, "preload", lambda: called.append(True))
    runpy.run_module("daemon.decoding.preloaded")

    assert called == [True]
