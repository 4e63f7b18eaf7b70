"""The executor of a cluster: files are decoded and classified by its workers, in one trip."""

import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daemon.decoding.messages import Decoded
from daemon.execution.dask.cluster import Cluster
from daemon.execution.dask.errand import Errand
from daemon.execution.dask.messages import Answer
from daemon.execution.dask.plan import Plan
from daemon.execution.executor import Classified
from daemon.execution.local import LocalExecutor
from model.release import Release

if TYPE_CHECKING:
    from model.classifier import Prediction


class DaskExecutor:
    """Decode and classify on the workers of a cluster; see `daemon.execution.executor.Executor`.

    A worker classifies what it has decoded, so that pixels travel once. Its predictions wait here until the
    ledger was asked whether they are needed.

    Parameters
    ----------
    local : LocalExecutor
        Of this machine, for files that ended three workers, and for what workers did not classify.
    plan : Plan
    on_lack : callable
        Called with why no file can be answered, and with None when one can again; in a thread of ours.
    """

    def __init__(self, local: LocalExecutor, plan: Plan, on_lack: Callable[[str | None], None]) -> None:
        self._local = local
        self._predicted: dict[int, tuple[tuple[Prediction | None, ...], float]] = {}
        self._cluster = Cluster(plan, self._keep, local.decode, on_lack)

    @property
    def release(self) -> Release:
        """The release that classifies."""
        return self._local.release

    @property
    def workers(self) -> int:
        """How many files the cluster decodes at once; at least one, so that files are there when it comes."""
        return max(1, self._cluster.threads)

    @property
    def slow(self) -> int:
        """How many files are in the slow lane of this machine; workers have their own."""
        return self._local.slow

    def described(self) -> dict[str, Any]:
        """Say how the cluster is, for the status.

        Returns
        -------
        dict
            As of `Cluster.described`.
        """
        return self._cluster.described()

    def hold(self, *, is_held: bool) -> None:
        """Begin with nothing more of the slow lane of this machine, or go on with it.

        Parameters
        ----------
        is_held : bool
        """
        self._local.hold(is_held=is_held)

    def decode(self, path: bytes) -> Future[Decoded]:
        """Have a claimed file hashed, decoded and classified.

        Parameters
        ----------
        path : bytes

        Returns
        -------
        Future of Decoded
        """
        errand = Errand(path)
        self._cluster.send(errand)
        return errand.answer

    def classify(self, scans: Sequence[NDArray[np.uint16]]) -> Future[Classified]:
        """Give what workers predicted for scans; what they did not, this machine does.

        Parameters
        ----------
        scans : sequence of ndarray, uint16
            The very arrays that `decode` gave.

        Returns
        -------
        Future of Classified
        """
        known = [self._predicted.pop(id(scan), None) for scan in scans]
        rest = self._local.classify([scan for scan, one in zip(scans, known, strict=True) if one is None])
        together: Future[Classified] = Future()
        together.set_running_or_notify_cancel()

        def join(done: Future[Classified]) -> None:
            if done.cancelled():
                together.set_exception(RuntimeError("the network of this machine was closed"))
            elif (error := done.exception()) is not None:
                together.set_exception(error)
            else:
                here = iter(done.result().predictions)
                predictions = [next(here) if one is None else one[0] for one in known]
                seconds = done.result().seconds + sum(one[1] for one in known if one is not None)
                together.set_result(Classified(predictions, seconds))

        rest.add_done_callback(join)
        return together

    def close(self) -> None:
        """Leave the cluster, and end the network of this machine."""
        self._cluster.close()
        self._local.close()

    def _keep(self, answer: Answer) -> Decoded:
        """Keep predictions for as long as their input lives."""
        inputs = answer.decoded.inputs
        if inputs is not None and len(answer.predictions) == len(inputs):
            key = id(inputs)
            self._predicted[key] = (answer.predictions, answer.seconds)
            weakref.finalize(inputs, self._predicted.pop, key, None).atexit = False
        return answer.decoded
