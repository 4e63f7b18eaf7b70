"""The libraries that a training runs on: started so that the same run gives the same weights."""

import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path

import cv2

from model.errors import EngineError
from model.extras import tensorflow_line

_PACKAGES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "imagecodecs", "pillow", "pydicom")


def start_tensorflow(threads: int) -> dict[str, int]:
    """Start TensorFlow with deterministic operations and a known number of threads.

    Parameters
    ----------
    threads : int
        Of one operation; 0 takes each core that this process may use.

    Returns
    -------
    dict of str to int
        The threads that it has.

    Raises
    ------
    EngineError
        TensorFlow is not installed, or runs already with other threads.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise EngineError(
            f"TensorFlow is not installed, which training needs: {tensorflow_line()}"
        ) from error
    cores = len(os.sched_getaffinity(0))
    wanted = threads or cores
    # A sum over other parts rounds otherwise, so the number of threads belongs to what a run depends on.
    if (tf.config.threading.get_intra_op_parallelism_threads() or cores) != wanted:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(wanted)
        except RuntimeError as error:
            raise EngineError(
                f"TensorFlow runs already, and not with {wanted} threads: give --threads to a new process"
            ) from error
    tf.config.experimental.enable_op_determinism()
    cv2.setNumThreads(1)  # pictures are drawn in a thread beside the network's
    return {"tensorflow": wanted, "opencv": 1}


def package_versions() -> dict[str, str]:
    """Return the versions of what decides about each bit of a training.

    Returns
    -------
    dict of str to str
    """
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


def file_digest(path: Path) -> str:
    """Return the sha256 of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
