"""Who only looks whether a lock is taken, at the worst moment."""

import fcntl
import os


def look_until_one_is_refused(path, monkeypatch):
    """Take a shared lock as one that looks does; it goes once another process's own was refused for it.

    Parameters
    ----------
    path : path
        Of the file or folder with the lock.
    monkeypatch : pytest.MonkeyPatch
    """
    real, lookers = fcntl.flock, [os.open(path, os.O_RDONLY)]
    real(lookers[0], fcntl.LOCK_SH)

    def flock(descriptor, how):
        try:
            real(descriptor, how)
        except BlockingIOError:
            if lookers:
                os.close(lookers.pop())
            raise

    monkeypatch.setattr(fcntl, "flock", flock)
