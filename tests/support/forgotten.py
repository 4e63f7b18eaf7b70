"""Modules that are imported anew by a test, and are as they were behind it."""

import sys


def forget_modules(monkeypatch, *prefixes):
    """Let modules be imported anew; behind the test the old ones are back, in their packages too.

    A package has its modules as attributes: one that kept the new one would be patched in place of the old.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
    prefixes : str
        Of their names.
    """
    known = dict(sys.modules)
    for name in [name for name in known if name.startswith(prefixes)]:
        package, _, module = name.rpartition(".")
        if package in known and module in vars(known[package]):
            monkeypatch.delattr(known[package], module)
        monkeypatch.delitem(sys.modules, name)
