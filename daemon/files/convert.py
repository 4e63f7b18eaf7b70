"""Pictures out of scans, as the network's pipeline sees them: the same children, nothing recorded.

A child writes the pictures of one file into a folder of their own, within DIR; once all are there they are
renamed to their places. So memory holds no picture here, and no file ever has some of its pictures only.
"""

import os
import shutil
import tempfile
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from daemon.decoding.messages import CANNOT_WRITE, PictureRequest
from daemon.errors import CannotCreateError, errno_name
from daemon.files.find import find_files
from daemon.pictures.placing import place_pictures, refused
from daemon.shutdown import leaving_on_signals
from daemon.spool.names import encode_name
from storage.vocabulary import FAILED

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded
    from daemon.decoding.pool import DecoderPool

EXISTS = "exists"
_ENDINGS = (b".dcm", b".dicom", b".png", b".jpg", b".jpeg")
_IN_THE_WAY = (FileExistsError, NotADirectoryError, IsADirectoryError)


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file to convert.

    Parameters
    ----------
    path : bytes
        As it was given.
    name : bytes
        Path below DIR of its picture, without what is put behind: ``.png`` or ``-0001.png``.
    """

    path: bytes
    name: bytes


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a file.

    Parameters
    ----------
    path : bytes
        As it was given.
    outcome : str
        ``converted``, ``rejected`` or ``failed``.
    error_code : str or None
        That of the daemon; or ``exists``: a picture's place is taken, and nothing was written.
    pictures : tuple of bytes
        Paths of the pictures, one a frame.
    warnings : tuple of str
        What was odd, by code.
    error_detail : str or None
        What was wrong, in words.
    """

    path: bytes
    outcome: str
    error_code: str | None = None
    pictures: tuple[bytes, ...] = ()
    warnings: tuple[str, ...] = ()
    error_detail: str | None = None


def plan(paths: Sequence[str], ignore: Sequence[str], out: str) -> list[PlannedFile]:
    """Find the files to convert and name their pictures.

    Parameters
    ----------
    paths : sequence of str
        Files and folders. What lies below a folder keeps its place there; a file that is named by itself
        comes directly into `out`.
    ignore : sequence of str
        Globs of names in folders.
    out : str
        DIR. Where it lies in one of the folders, what it holds is passed over: pictures of another time.

    Returns
    -------
    list of PlannedFile
        ``a.dcm`` becomes ``a``; where two would become the same, they keep their endings.

    Raises
    ------
    MissingFileError
        A path is not there.
    """
    own = _real(os.fsencode(out))
    found: dict[bytes, bytes] = {}
    for path in paths:
        start = os.fsencode(path)
        inside = os.path.isdir(start)
        holds_out = inside and own != _real(start) and own.startswith(_real(start))
        for file in find_files([path], ignore):
            if not (holds_out and os.path.realpath(file).startswith(own)):
                found[file] = os.path.relpath(file, start) if inside else os.path.basename(file)
    shared = Counter(_stem(name) for name in found.values())
    return [
        PlannedFile(path, name if shared[_stem(name)] > 1 else _stem(name)) for path, name in found.items()
    ]


def _real(folder: bytes) -> bytes:
    return os.path.join(os.path.realpath(folder), b"")


def _stem(name: bytes) -> bytes:
    """Take off an ending that says the format; other dots belong to the name, as those of UIDs do."""
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in _ENDINGS else name


@contextmanager
def work_folder(out: str, option: str = "--out") -> Iterator[bytes]:
    """Make DIR, and in it a folder for what is being written; that goes when it is left, by a signal too.

    Parameters
    ----------
    out : str
        DIR.
    option : str
        As the command line named it.

    Yields
    ------
    bytes
        The folder in it.

    Raises
    ------
    CannotCreateError
        DIR cannot be made or written.
    SystemExit
        SIGTERM or SIGHUP came.
    """
    with leaving_on_signals(), _folder_in(out, option) as folder:
        yield folder


@contextmanager
def _folder_in(out: str, option: str) -> Iterator[bytes]:
    try:
        os.makedirs(out, exist_ok=True)
        folder = tempfile.mkdtemp(prefix=".inboxray-", dir=out)
    except OSError as error:
        why = "it is no folder" if isinstance(error, FileExistsError) else error.strerror
        raise CannotCreateError(
            f"the folder for pictures, {encode_name(os.fsencode(out))}, cannot be made or written: {why}; "
            f"name another by {option}"
        ) from None
    try:
        yield os.fsencode(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def convert_files(
    planned: Iterable[PlannedFile],
    pool: "DecoderPool",
    out: str,
    place: bytes,
    *,
    bits: Literal[8, 16] = 16,
    size: int | None = None,
) -> Iterator[Conversion]:
    """Write the pictures of files, in their order, some files at a time.

    Parameters
    ----------
    planned : iterable of PlannedFile
    pool : DecoderPool
        Open.
    out : str
        DIR; it is there.
    place : bytes
        The folder that `work_folder` made in it.
    bits : {8, 16}
        Bits a value.
    size : int, optional
        Rows and columns of the square that pictures are fitted into; else they are as large as they are.

    Yields
    ------
    Conversion
        One a file.

    Raises
    ------
    InputOutputError
        DIR takes no more pictures.
    """
    waiting: deque[tuple[PlannedFile, bytes, Future[Decoded]]] = deque()
    for number, file in enumerate(planned):
        folder = os.path.join(place, b"%d" % number)
        # A child opens no link; one that is named here is meant.
        future = pool.convert(os.path.realpath(file.path), PictureRequest(folder, bits, size))
        waiting.append((file, folder, future))
        if len(waiting) >= 4 * pool.workers:
            yield _take(*waiting.popleft(), os.fsencode(out))
    while waiting:
        yield _take(*waiting.popleft(), os.fsencode(out))


def _take(file: PlannedFile, folder: bytes, future: "Future[Decoded]", out: bytes) -> Conversion:
    decoded = future.result()
    if decoded.error_code == CANNOT_WRITE:
        raise refused(decoded.warnings[0])
    try:
        if decoded.outcome is not None:
            return Conversion(
                file.path, decoded.outcome, decoded.error_code, error_detail=decoded.error_detail
            )
        pictures = place_pictures(folder, os.path.join(out, file.name), decoded.sha256 or "")
    except _IN_THE_WAY:
        return Conversion(file.path, FAILED, EXISTS)
    except OSError as error:
        raise refused(errno_name(error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Conversion(file.path, "converted", pictures=pictures, warnings=decoded.warnings)
