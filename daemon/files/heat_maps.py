"""Heat maps for what `classify` answers: children draw them while the next files are classified."""

import os
import shutil
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from daemon.decoding.messages import CANNOT_WRITE, HeatMapRequest
from daemon.errors import errno_name
from daemon.files.convert import EXISTS
from daemon.pictures.placing import place_pictures, refused
from daemon.spool.names import MAX_NAME_BYTES, fit_name
from storage.vocabulary import ABSTAINED, FAILED

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded
    from daemon.decoding.pool import DecoderPool
    from daemon.files.classify import FileAnswer

CHANGED = "changed"
_MARK = b"-heatmap"
_ROOM = len(b"-heatmap-0001.png")


class HeatMaps:
    """Draws the heat maps of answers as they pass, and counts what was not drawn.

    Parameters
    ----------
    pool : DecoderPool
        Open.
    names : Mapping of bytes to bytes
        Of each path, the path below `out` that its picture gets, without what is put behind:
        ``-heatmap.png``, or ``-heatmap-0001.png`` with the number of its frame.
    out : str
        The folder; it is there.
    place : bytes
        A folder in it for what is being written.

    Attributes
    ----------
    drawn : int
        Pictures at their places.
    undrawn : Counter of str to int
        ``abstained``: frames that were; and files of which nothing was drawn, by code: ``exists``, or
        ``changed`` since they were classified, or that of the child that failed.
    """

    def __init__(self, pool: "DecoderPool", names: Mapping[bytes, bytes], out: str, place: bytes) -> None:
        self.drawn = 0
        self.undrawn: Counter[str] = Counter()
        self._pool, self._names, self._out, self._place = pool, names, os.fsencode(out), place
        self._waiting: deque[tuple[FileAnswer, bytes, Future[Decoded]]] = deque()
        self._numbered = 0

    def draw(self, answers: "Iterable[FileAnswer]") -> "Iterator[FileAnswer]":
        """Return the answers on; after the last one each picture is at its place.

        Parameters
        ----------
        answers : iterable of FileAnswer

        Yields
        ------
        object

        Raises
        ------
        InputOutputError
            The folder takes no more pictures.
        """
        for answer in answers:
            self._begin(answer)
            while len(self._waiting) >= 4 * self._pool.workers:
                self._end()
            yield answer
        while self._waiting:
            self._end()

    def _begin(self, answer: "FileAnswer") -> None:
        predictions = answer.answer.predictions
        maps = tuple(one.heat_map if one.decision != ABSTAINED else None for one in predictions)
        self.undrawn[ABSTAINED] += sum(one.decision == ABSTAINED for one in predictions)
        if any(maps):
            folder = os.path.join(self._place, b"%d" % self._numbered)
            self._numbered += 1
            future = self._pool.draw(os.path.realpath(answer.path), HeatMapRequest(folder, maps))
            self._waiting.append((answer, folder, future))

    def _end(self) -> None:
        answer, folder, future = self._waiting.popleft()
        decoded = future.result()
        try:
            if decoded.error_code == CANNOT_WRITE:
                raise refused(decoded.warnings[0])
            if decoded.outcome is not None:
                self.undrawn[decoded.error_code or FAILED] += 1
            elif decoded.sha256 != answer.sha256:
                self.undrawn[CHANGED] += 1
            else:
                self._put(folder, answer)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _put(self, folder: bytes, answer: "FileAnswer") -> None:
        """Rename the pictures of one file to their places; a name that is taken gets a mark of the file."""
        parent, name = os.path.split(self._names[answer.path])
        written = os.listdir(folder)
        frame = b""
        if len(written) == 1 < len(answer.answer.predictions):
            frame = b"-" + os.path.splitext(written[0])[0]
        unique = answer.sha256 or ""
        for taken in (False, True):
            named = fit_name(name, unique, max_bytes=MAX_NAME_BYTES - _ROOM, taken=taken) + _MARK + frame
            try:
                self.drawn += len(place_pictures(folder, os.path.join(self._out, parent, named), unique))
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                continue
            except OSError as error:
                raise refused(errno_name(error)) from None
            return
        self.undrawn[EXISTS] += 1
