"""What a worker keeps between files: disposable children, the network, fetched releases.

Files are decoded in children of the worker and never in the worker itself, as on one machine: what a file
does to its child costs one file.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from daemon.decoding.forkserver import leave_closed_folder
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
from daemon.execution.dask.scratch import Scratch
from model.classifier import Classifier, open_classifier
from model.errors import ReleaseError

_MOST_PREPARED: Final = 4
"""Preparations that a worker keeps; each has children and a network of its own."""


@dataclass(slots=True)
class _Prepared:
    pool: DecoderPool
    classifier: Classifier
    batch_size: int
    files: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)


class Station:
    """Answer requests of coordinators; each preparation has children and a network of its own.

    Of preparations those are kept that were used last: after a year of releases none of the first is held.

    Parameters
    ----------
    threads : int
        Files at once: so many children, and threads of the network.
    cache : Path
        For releases that are fetched.
    scratch : Path
        For files whose bytes come with the request; each lies there while it is decoded.
    name : str, optional
        Shown in status and metrics.
    """

    def __init__(self, threads: int, cache: Path, scratch: Path, name: str | None = None) -> None:
        self._threads = threads
        self._name = name
        self._releases = ReleaseCache(cache)
        self._scratch = Scratch(scratch)
        self._lock, self._preparing = threading.Lock(), threading.Lock()
        self._prepared: dict[str, _Prepared] = {}  # that which was used last stands last
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
            name=self._name,
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
        with self._preparing:
            if preparation.digest in self._prepared:
                return
            release = self._releases.find(preparation.release)
            if release is None and files is not None:
                release = self._releases.add(preparation.release, files)
            if release is None:
                raise ReleaseError("this worker does not hold the release, and did not get it")
            classifier = open_classifier(release, preparation.engine, self._threads)
            pool = DecoderPool(self._threads, preparation.limits, tasks_per_child=preparation.tasks_per_child)
            pool.__enter__()
            with self._lock:
                self._prepared[preparation.digest] = _Prepared(pool, classifier, preparation.batch_size)
                ended = self._superfluous()
            for one in ended:
                one.pool.close()

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
        with self._used(request.preparation) as prepared:
            if request.path is not None:
                decoded = prepared.pool.decode(request.path).result()
            else:
                with self._scratch.file(content or b"") as path:
                    decoded = prepared.pool.decode(path).result()
            if decoded.inputs is None:
                return Answer(decoded)
            with prepared.turn:
                began = time.monotonic()
                (predictions,) = classify_scans(prepared.classifier, [decoded.inputs], prepared.batch_size)
            return Answer(decoded, tuple(predictions), time.monotonic() - began)

    def close(self) -> None:
        """End the children, and remove what lies in scratch."""
        with self._lock:
            ended, self._prepared = list(self._prepared.values()), {}
        for one in ended:
            one.pool.close()
        self._scratch.close()

    @contextmanager
    def _used(self, digest: str) -> Iterator[_Prepared]:
        """Keep a preparation while a file is answered with it."""
        with self._lock:
            prepared = self._prepared.pop(digest, None)
            if prepared is None:
                raise NotPreparedError
            self._prepared[digest] = prepared
            prepared.files += 1
        try:
            yield prepared
        finally:
            with self._lock:
                prepared.files -= 1

    def _superfluous(self) -> list[_Prepared]:
        """Take out those that were used longest ago, but for those in use."""
        idle = [digest for digest, one in list(self._prepared.items())[:-1] if not one.files]
        return [self._prepared.pop(digest) for digest in idle[: max(0, len(self._prepared) - _MOST_PREPARED)]]


def _holds(path: bytes, token: bytes) -> bool:
    """Return whether a file can be read here and begins as it should."""
    try:
        with open(path, "rb") as stream:
            return stream.read(len(token)) == token
    except OSError:
        return False
