"""The executor of one machine: files are decoded in disposable children, the network runs in a thread."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from daemon.decoding.messages import Decoded
from daemon.decoding.pool import DecoderPool
from daemon.execution.classify import classify_scans
from daemon.execution.executor import Classified
from model.classifier import Classifier
from model.release import Release


class LocalExecutor:
    """Decode and classify on this machine; see `daemon.execution.executor.Executor`.

    Parameters
    ----------
    pool : DecoderPool
        Open; closed by who opened it.
    classifier : Classifier
        Used by one thread alone.
    batch_size : int
        Most frames that the network sees at once.
    """

    def __init__(self, pool: DecoderPool, classifier: Classifier, *, batch_size: int) -> None:
        self._pool = pool
        self._classifier = classifier
        self._batch_size = batch_size
        self._network = ThreadPoolExecutor(1, thread_name_prefix="classify")

    @property
    def release(self) -> Release:
        """The release that classifies."""
        return self._classifier.release

    @property
    def workers(self) -> int:
        """How many files are decoded at once."""
        return self._pool.workers

    @property
    def slow(self) -> int:
        """How many files are in the slow lane."""
        return self._pool.slow

    def hold(self, *, is_held: bool) -> None:
        """Begin with nothing more of the slow lane, or go on with it.

        Parameters
        ----------
        is_held : bool
        """
        self._pool.hold(is_held=is_held)

    def decode(self, path: bytes) -> Future[Decoded]:
        """Hash and decode a claimed file in a child.

        Parameters
        ----------
        path : bytes

        Returns
        -------
        Future[Decoded]
        """
        return self._pool.decode(path)

    def classify(self, scans: Sequence[NDArray[np.uint16]]) -> Future[Classified]:
        """Run the network over scans, after those that were given before.

        Parameters
        ----------
        scans : sequence of ndarray, uint16

        Returns
        -------
        Future[Classified]
        """
        if scans:
            return self._network.submit(self._classify, scans)
        nothing: Future[Classified] = Future()  # and do not wait for the batch that is in the network now
        nothing.set_result(Classified())
        return nothing

    def close(self) -> None:
        """Wait for the batch that the network sees now; those behind it are cancelled."""
        self._network.shutdown(wait=True, cancel_futures=True)

    def _classify(self, scans: Sequence[NDArray[np.uint16]]) -> Classified:
        started = time.monotonic()
        predictions = classify_scans(self._classifier, scans, self._batch_size)
        return Classified(predictions, time.monotonic() - started)
