"""The one way from a file's bytes to the network's input; training, evaluation and the daemon all take it."""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.errors import BadPixels, ScanError, TooLarge, Unreadable, UnsupportedTransferSyntax
from model.header import Header
from model.reading.decode import Frame, Limits, Scan, open_scan
from model.reading.eligibility import Eligibility
from model.reading.geometry import NOT_SQUARE, at_true_aspect, has_square_pixels
from model.reading.network_input import INPUT_SIZE, least_side
from model.reading.normalise import normalise
from model.reading.preprocess import preprocess

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A scan, ready for the network.

    Attributes
    ----------
    header : Header
    inputs : ndarray, shape (frames, size, size), uint16
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
    announce: Callable[[Header], None] | None = None,
    eligibility: Eligibility = Eligibility(),  # noqa: B008  # frozen
    *,
    may_reduce: bool = False,
    size: int = INPUT_SIZE,
    show: Callable[[NDArray[np.uint16]], None] = lambda _: None,
) -> Prepared:
    """Decode, normalise and preprocess every frame of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : Limits
        What the file may ask for.
    announce : callable, optional
        Called with the header, once it is read and checked and before a pixel is decoded, so that a deadline
        can allow for the number of frames. What it raises passes through.
    eligibility : Eligibility
        Which scans are for the network; the default takes all.
    may_reduce : bool
        Large JPEG 2000 frames may be decoded at a lower resolution; see `pipeline_version`.
    size : int
        Rows and columns of the network's input, which a release states.
    show : callable
        Called with each picture, full size, as a viewer shows it; only then is the next one decoded.

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
    pictures = open_pictures(data, limits, eligibility, least_side=least_side(size) if may_reduce else None)
    if announce is not None:
        announce(pictures.header)
    with _boundary(pictures.warnings, pictures.header):
        inputs = np.stack([_input(picture, size, show) for picture in pictures])
    if any(picture.min() == picture.max() for picture in inputs):
        pictures.warnings.add("constant_picture")
    return Prepared(pictures.header, inputs, tuple(sorted(pictures.warnings)))


def _input(
    picture: NDArray[np.uint16], size: int, show: Callable[[NDArray[np.uint16]], None]
) -> NDArray[np.uint16]:
    show(picture)
    return preprocess(picture, size)


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """The pictures of a file, full size, as a viewer shows them; to be iterated over once.

    Iterating gives an ndarray, shape (rows, columns), uint16, 0 black, 65535 white, for each frame, one of
    which is in memory at a time, and raises as `prepare` does.

    Attributes
    ----------
    header : Header
    warnings : set of str
        Categories, as in `Prepared`; complete after the last picture.
    """

    header: Header
    warnings: set[str]
    _scan: Scan

    @property
    def dataset(self) -> "Dataset | None":
        """The data set of a DICOM file, up to the pixels."""
        return self._scan.dataset

    def __iter__(self) -> Iterator[NDArray[np.uint16]]:
        """Decode and normalise frame after frame."""
        return (picture for _, picture in self.with_frames())

    def with_frames(self) -> Iterator[tuple[Frame, NDArray[np.uint16]]]:
        """Decode and normalise frame after frame, and give what each picture was made of, too.

        Yields
        ------
        tuple of (Frame, ndarray)
        """
        frames = self._scan.frames()
        while True:
            with _boundary(self.warnings, self.header):
                frame = next(frames, None)
                if frame is None:
                    return
                picture = normalise(frame, self.warnings)
                if not has_square_pixels(frame.display.pixel_aspect):
                    self.warnings.add(NOT_SQUARE)
                    picture = at_true_aspect(picture, frame.display.pixel_aspect)
            yield frame, picture


def open_pictures(
    data: bytes,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    eligibility: Eligibility = Eligibility(),  # noqa: B008  # frozen
    *,
    least_side: int | None = None,
) -> Pictures:
    """Read a file's header, ready to show its pictures.

    Parameters and errors are those of `prepare`; `least_side` is that of `model.reading.decode.open_scan`.
    """
    found_warnings: set[str] = set()
    with _boundary(found_warnings, None):
        try:
            scan = open_scan(data, limits, least_side=least_side)
        except (TooLarge, UnsupportedTransferSyntax) as error:  # nothing is wrong with the file itself
            if error.header is not None:
                eligibility.check(error.header)
            raise
        eligibility.check(scan.header)
    scan.warnings.update(found_warnings)
    return Pictures(scan.header, scan.warnings, scan)


@contextlib.contextmanager
def _boundary(found_warnings: set[str], header: Header | None) -> Iterator[None]:
    """Turn whatever parsers and decoders raise into a ScanError: the one marked boundary of this package."""
    with _collected_warnings(found_warnings):
        try:
            yield
        except ScanError as error:
            error.header = error.header or header
            raise
        except (MemoryError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001  # native decoders panic outside Exception (fault 18)
            raise (Unreadable if header is None else BadPixels)(header=header) from None


@contextlib.contextmanager
def _collected_warnings(found_warnings: set[str]) -> Iterator[None]:
    """Keep what libraries say from being printed or logged, since it quotes values; collect its kind."""
    loggers = [logging.getLogger(name) for name in ("pydicom", "PIL")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        found_warnings.update(_category(warning) for warning in caught)
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


def _category(warning: warnings.WarningMessage) -> str:
    """Name a warning by the library that gave it, not by its text."""
    parts = Path(warning.filename).parts
    library = next((name for name in ("pydicom", "PIL", "numpy", "imagecodecs") if name in parts), "library")
    return f"{library.lower()}_{warning.category.__name__.lower()}"
