"""LiteRT: starts in a fraction of a second and needs tens of megabytes.

References
----------
https://ai.google.dev/edge/litert : the runtime of `.tflite` files, formerly TensorFlow Lite.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.engines import Outputs
from model.engines.quiet import quiet_stderr
from model.errors import BadNetworkOutput, EngineError, ReleaseError

SIGNATURE = "serving_default"

_OUTPUTS = ("logit", "heat_map", "features")


class LiteRtEngine:
    """A `.tflite` network in LiteRT.

    One picture a call: measured on two threads a batch of 16 costs no less per picture, and alone each
    picture's result cannot depend on its neighbours.

    Parameters
    ----------
    content : bytes
        The verified `.tflite`.
    threads : int
        Threads for one picture, at least 1.

    Raises
    ------
    EngineError
        LiteRT is not installed.
    ReleaseError
        The network cannot be loaded or has other inputs or outputs.
    """

    def __init__(self, content: bytes, threads: int) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise EngineError(
                "LiteRT is not installed: install inboxray with its dependencies (ai-edge-litert)"
            ) from error
        try:
            with quiet_stderr():
                self._interpreter: Any = Interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
            self._runner: Any = self._interpreter.get_signature_runner(SIGNATURE)
            self._input = next(iter(self._runner.get_input_details()))
            named = set(self._runner.get_output_details())
            self._given = [name for name in (*_OUTPUTS, "statistics") if name in named]
        except (ValueError, RuntimeError, KeyError) as error:
            raise ReleaseError(
                "the release's network cannot be loaded by LiteRT; fetch the release again"
            ) from error
        if not named >= set(_OUTPUTS):
            raise ReleaseError(
                "the release's network lacks one of the outputs logit, heat_map, features; "
                "fetch the release again"
            )

    def evaluate(self, pictures: NDArray[np.float32]) -> Outputs:
        """Evaluate pictures one by one.

        Parameters
        ----------
        pictures : ndarray, shape (n, 224, 224, 1), float32
            In [0, 1].

        Returns
        -------
        Outputs

        Raises
        ------
        BadNetworkOutput
            The runtime failed on a picture.
        """
        results: list[dict[str, NDArray[np.float32]]] = []
        for picture in pictures:
            try:
                results.append(self._runner(**{self._input: picture[None]}))
            except (ValueError, RuntimeError) as error:
                raise BadNetworkOutput("LiteRT failed to evaluate the network on a picture") from error
        return Outputs(**{name: np.concatenate([result[name] for result in results]) for name in self._given})
