"""LiteRT: starts in a fraction of a second and needs tens of megabytes.

References
----------
https://ai.google.dev/edge/litert : the runtime of `.tflite` files, formerly TensorFlow Lite.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.engines import Outputs
from model.engines.quiet import quiet_stderr
from model.errors import BadNetworkOutput, EngineError, ReleaseError

SIGNATURE = "serving_default"

MOST_THREADS = 16
"""Interpreters, of some 20 MB each; no machine has so many cores that its decoding lets more be used."""

_OUTPUTS = ("logit", "heat_map", "features")
_OPTIONAL = ("statistics", "region")


class LiteRtEngine:
    """A `.tflite` network in LiteRT.

    Each thread has an interpreter of its own and takes one picture after the other. Threads within one
    picture wait for each other at every layer, spinning: beside decoding children that costs several times
    the work itself. And each picture's result cannot depend on its neighbours.

    Parameters
    ----------
    content : bytes
        The verified `.tflite`.
    threads : int
        Pictures that are evaluated at once, at least 1; more than `MOST_THREADS` are not used.

    Raises
    ------
    EngineError
        LiteRT is not installed.
    ReleaseError
        The network cannot be loaded or has other inputs or outputs.
    """

    def __init__(self, content: bytes, threads: int) -> None:
        self._content = content
        self._threads = min(threads, MOST_THREADS)
        self._networks = [_Network(content)]
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="network")

    def evaluate(self, pictures: NDArray[np.float32]) -> Outputs:
        """Evaluate pictures, each by itself.

        Parameters
        ----------
        pictures : ndarray, shape (n, size, size, 1), float32
            In [0, 1].

        Returns
        -------
        Outputs

        Raises
        ------
        BadNetworkOutput
            The runtime failed on a picture.
        """
        wanted = min(self._threads, len(pictures))
        while len(self._networks) < wanted:  # made when first needed: a single file needs one only
            self._networks.append(_Network(self._content))
        results: list[dict[str, NDArray[np.float32]]] = [{} for _ in pictures]
        left = iter(range(len(pictures)))  # shared: a free thread takes the next

        def work(network: _Network) -> None:
            for index in left:
                results[index] = network.evaluate(pictures[index : index + 1])

        if wanted == 1:
            work(self._networks[0])
        else:
            for done in [self._pool.submit(work, network) for network in self._networks[:wanted]]:
                done.result()
        return Outputs(**{name: np.concatenate([result[name] for result in results]) for name in results[0]})


class _Network:
    """One interpreter, for one thread at a time."""

    def __init__(self, content: bytes) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise EngineError(
                "LiteRT is not installed: install inboxray with its dependencies (ai-edge-litert)"
            ) from error
        try:
            with quiet_stderr():
                self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
                self._interpreter.allocate_tensors()
            runner = self._interpreter.get_signature_runner(SIGNATURE)
            (self._input,) = (detail["index"] for detail in runner.get_input_details().values())
            outputs = runner.get_output_details()
        except (ValueError, RuntimeError, KeyError) as error:
            raise ReleaseError(
                "the release's network cannot be loaded by LiteRT; fetch the release again"
            ) from error
        if not outputs.keys() >= set(_OUTPUTS):
            raise ReleaseError(
                "the release's network lacks one of the outputs logit, heat_map, features; "
                "fetch the release again"
            )
        names = (name for name in (*_OUTPUTS, *_OPTIONAL) if name in outputs)
        self._outputs = {name: outputs[name]["index"] for name in names}

    def evaluate(self, picture: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Evaluate one picture, shape (1, size, size, 1)."""
        try:
            self._interpreter.set_tensor(self._input, picture)
            self._interpreter.invoke()
            return {name: self._interpreter.get_tensor(index) for name, index in self._outputs.items()}
        except (ValueError, RuntimeError) as error:
            raise BadNetworkOutput("LiteRT failed to evaluate the network on a picture") from error
