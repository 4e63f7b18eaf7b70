"""What tests may not leave behind: processes."""

import os
from contextlib import suppress

import psutil


def started_with(folder):
    """List the programs that live and were given a folder for their temporary files.

    The process from which this one's own decoding children are forked, and its tracker, end with it.

    Parameters
    ----------
    folder : str

    Returns
    -------
    list of str
        Their command lines.
    """
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            is_helper = process.ppid() == os.getpid() and any("multiprocessing." in word for word in words)
            if process.environ().get("TMPDIR") == folder and not is_helper:
                found.append(" ".join(words))
    return found
