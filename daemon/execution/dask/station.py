"""What a worker keeps between files: disposable children, the network, fetched releases.

Files are decoded in children of the worker and never in the worker itself, as on one machine: what a file
does to its child costs one file.
"""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from daemon.decoding.forkserver import leave_closed_folder
from daemon.decoding.messages import Decoded
from daemon.decoding.pool import DecoderPool
from daemon.execution.classify import classify_scans
from daemon.execution.dask.messages import (
    Answer,
    Facts,
    NotPreparedError,
    Preparation,
    Probe,
    Request,
    versions,
)
from daemon.execution.dask.release_cache import ReleaseCache
from model.classifier import Classifier, open_classifier
from model.errors import ReleaseError


@dataclass(slots=True)
class _Prepared:
    pool: DecoderPool
    classifier: Classifier
    batch_size: int
    turn: threading.Lock = field(default_factory=threading.Lock)


class Station:
    """Answer requests of coordinators; each preparation has children and a network of its own.

    Parameters
    ----------
    threads : int
        Files at once: so many children, and threads of the network.
    cache : Path
        For releases that are fetched.
    scratch : Path
        For files whose bytes come with the request; each lies there while it is decoded.
    """

    def __init__(self, threads: int, cache: Path, scratch: Path) -> None:
        self._threads = threads
        self._releases = ReleaseCache(cache)
        self._scratch = scratch
        self._lock = threading.Lock()
        self._prepared: dict[str, _Prepared] = {}
        self._opened = ExitStack()
        leave_closed_folder()

    def facts(self, probe: Probe) -> Facts:
        """Say what this worker is, and what it sees.

        Parameters
        ----------
        probe : Probe

        Returns
        -------
        Facts
        """
        return Facts(
            host=socket.gethostname(),
            pid=os.getpid(),
            versions=versions(),
            sees_spool=_holds(probe.path, probe.token),
            has_release=self._releases.find(probe.release) is not None,
        )

    def prepare(self, preparation: Preparation, files: Mapping[str, bytes] | None) -> None:
        """Be ready for requests of a preparation; a second time changes nothing.

        Parameters
        ----------
        preparation : Preparation
        files : mapping of str to bytes, or None
            Of the release, if this worker lacks it.

        Raises
        ------
        ReleaseError
            The release is not here, or not what it should be.
        OSError
            It cannot be kept.
        """
        with self._lock:
            if preparation.digest in self._prepared:
                return
            release = self._releases.find(preparation.release)
            if release is None and files is not None:
                release = self._releases.add(preparation.release, files)
            if release is None:
                raise ReleaseError("this worker does not hold the release, and did not get it")
            classifier = open_classifier(release, preparation.engine, self._threads)
            pool = DecoderPool(self._threads, preparation.limits, tasks_per_child=preparation.tasks_per_child)
            self._prepared[preparation.digest] = _Prepared(
                self._opened.enter_context(pool), classifier, preparation.batch_size
            )

    def answer(self, request: Request, content: bytes | None = None) -> Answer:
        """Hash, decode and classify a file.

        Parameters
        ----------
        request : Request
        content : bytes, optional
            Of the file, if the request names no path.

        Returns
        -------
        Answer

        Raises
        ------
        NotPreparedError
            This worker was never prepared for such requests.
        NoDecoderError
            No child could be started.
        OSError
            The scratch folder takes no file.
        """
        prepared = self._prepared.get(request.preparation)
        if prepared is None:
            raise NotPreparedError
        if request.path is not None:
            decoded = prepared.pool.decode(request.path).result()
        else:
            decoded = self._decode_content(prepared.pool, content or b"")
        if decoded.inputs is None:
            return Answer(decoded)
        with prepared.turn:
            began = time.monotonic()
            (predictions,) = classify_scans(prepared.classifier, [decoded.inputs], prepared.batch_size)
        return Answer(decoded, tuple(predictions), time.monotonic() - began)

    def close(self) -> None:
        """End the children."""
        self._opened.close()

    def _decode_content(self, pool: DecoderPool, content: bytes) -> Decoded:
        """Decode bytes as a file of our own, which no other user may open."""
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=self._scratch)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            return pool.decode(os.fsencode(path)).result()
        finally:
            os.unlink(path)


def _holds(path: bytes, token: bytes) -> bool:
    """Return whether a file can be read here and holds what was written into it."""
    try:
        with open(path, "rb") as stream:
            return stream.read(len(token) + 1) == token
    except OSError:
        return False
