"""The one way from a file's bytes to the network's input: training, evaluation, daemon and command line use it."""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.decode import Limits, open_scan
from model.errors import BadPixels, ScanError, Unreadable
from model.header import Header
from model.normalise import normalise
from model.preprocess import preprocess

PIPELINE_VERSION = "1"
"""Changes whenever the way from bytes to input can give other values; predictions of another are not reused."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A scan, ready for the network.

    Attributes
    ----------
    header : Header
    inputs : ndarray, shape (frames, 224, 224), uint16
        Display values, 0 black, 65535 white.
    warnings : tuple of str
        What was odd, by category, sorted; never a library's text, which may quote a patient's values.
    """

    header: Header
    inputs: NDArray[np.uint16]
    warnings: tuple[str, ...]


def prepare(
    data: bytes,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    announce: Callable[[Header], None] = lambda _: None,
) -> Prepared:
    """Decode, normalise and preprocess every frame of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : Limits
        What the file may ask for.
    announce : callable
        Called with the header before the first frame is decoded, so that a caller can allow time by frames.

    Returns
    -------
    Prepared

    Raises
    ------
    ScanError
        Whatever is wrong with the file, as one of its subclasses, with what is known of the header.
    MemoryError
        The picture does not fit into the memory that this process may have.
    """
    header: Header | None = None
    with _listening() as heard:
        try:
            scan = open_scan(data, limits)
            header = scan.header
            announce(header)
            inputs = np.stack([preprocess(normalise(frame)) for frame in scan.frames()])
        except ScanError as error:
            error.header = error.header or header
            raise
        except (MemoryError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001  # the marked boundary: native decoders panic outside Exception
            raise (Unreadable if header is None else BadPixels)(header=header) from None
        return Prepared(header, inputs, tuple(sorted(scan.warnings | heard)))


@contextlib.contextmanager
def _listening() -> Iterator[set[str]]:
    """Keep what libraries say from being printed; collect its kind."""
    heard: set[str] = set()
    loggers = [logging.getLogger(name) for name in ("pydicom", "PIL")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield heard
        heard.update(f"{w.category.__module__.partition('.')[0]}_{w.category.__name__}".lower() for w in caught)
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
