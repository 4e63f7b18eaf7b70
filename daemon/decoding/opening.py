"""What a daemon opens for its children: they get descriptors, and could open no file themselves."""

import errno
import os
import stat
from contextlib import suppress

from daemon.decoding.messages import Decoded, Examined
from daemon.spool.file_state import look_at
from model.reading.completeness import Completeness
from storage.vocabulary import FAILED

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_PICTURE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_NONE_LEFT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


def open_regular(path: bytes) -> int | None:
    """Open a file to be read.

    Parameters
    ----------
    path : bytes

    Returns
    -------
    int or None
        A descriptor; None for what cannot be opened, or is no regular file: it is never followed, and nothing
        waits for it.

    Raises
    ------
    OSError
        The system has no descriptor left, which is no fault of the file.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in _NONE_LEFT:
            raise
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def unreadable(_path: bytes) -> Decoded:
    """Answer for a file that cannot be opened.

    Parameters
    ----------
    _path : bytes

    Returns
    -------
    Decoded
    """
    return Decoded.refused(FAILED, "unreadable")


def unexamined(path: bytes) -> Examined:
    """Answer for a file in the inbox that cannot be opened.

    Parameters
    ----------
    path : bytes

    Returns
    -------
    tuple of (Look, Completeness), or None
        None if it is gone or is no regular file. One that is there is incomplete: its sender may still let
        us, and else its row says that it is unreadable.
    """
    try:
        look = look_at(path)
    except OSError:
        return None
    return None if look is None else (look, Completeness.INCOMPLETE)


def open_picture(folder: bytes, number: int) -> int:
    """Make a file for the picture of a frame; one that is there, of an earlier try, is replaced.

    Parameters
    ----------
    folder : bytes
        Made if it is not there.
    number : int
        Of the frame, from 1.

    Returns
    -------
    int
        A descriptor to write to.

    Raises
    ------
    OSError
        The disk takes no picture.
    """
    with suppress(FileExistsError):
        os.mkdir(folder)
    return os.open(os.path.join(folder, b"%04d.png" % number), _PICTURE_FLAGS, 0o666)
