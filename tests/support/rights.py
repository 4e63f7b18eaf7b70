"""Rights that a process lacks, for root too: capabilities are laid down for a moment."""

import ctypes
from contextlib import contextmanager
from pathlib import Path

_VERSION = 0x20080522
_OVERRIDES = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: capabilities(7)
_Words = ctypes.c_uint32 * 6  # effective, permitted, inheritable; twice


@contextmanager
def without_rights(*paths):
    """Take the rights on some paths away, and from root what would get past that.

    Parameters
    ----------
    paths : path
        They have mode 0 meanwhile; a folder is named after what is in it.
    """
    modes = [(Path(path), Path(path).stat().st_mode & 0o7777) for path in paths]
    for path, _ in modes:
        path.chmod(0)
    before = _capabilities()
    _set_capabilities([before[0] & ~_OVERRIDES, *before[1:]])
    try:
        yield
    finally:
        _set_capabilities(before)
        for path, mode in reversed(modes):
            path.chmod(mode)


def _capabilities():
    words = _Words()
    _call("capget", words)
    return list(words)


def _set_capabilities(words):
    _call("capset", _Words(*words))


def _call(name, words):
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(header, words):
        raise OSError(ctypes.get_errno(), name)
