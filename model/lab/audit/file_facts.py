"""What one look at a file finds: all that the audit keeps of it, so that no full-size picture is held."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pebble import ProcessExpired, ProcessPool

from model.errors import ScanError
from model.lab.audit.marks import marks_of
from model.lab.audit.rotation import Square, central, square
from model.lab.audit.style import style_of
from model.reading.prepare import open_pictures
from model.reading.signatures import HEAD_BYTES, Signature, recognise

DEADLINE_S: Final = 60.0
_ENDINGS: Final = {
    Signature.PNG: frozenset({".png"}),
    Signature.JPEG: frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}),
}


@dataclass(frozen=True, slots=True, eq=False)
class FileFacts:
    """What one file is.

    Attributes
    ----------
    sha256 : str
        Of its bytes; empty if it cannot be read.
    format : str
        By its first bytes: `dicom`, `png`, `jpeg` or `unknown`.
    error_code : str
        Why the daemon would not classify it; empty if it would.
    has_wrong_ending : bool
    size : (int, int)
        Rows and columns.
    square, central : ndarray, shape (224, 224), uint8, or None
        Its first frame, squeezed and cut to a square; None if it is broken.
    style : ndarray, shape (24,), float64, or None
    marks : frozenset of str
        See `marks_of`.
    patient, study : str or None
        Digests of Patient ID (0010,0020) and Study Instance UID (0020,000D), never the values.
    """

    sha256: str
    format: str
    error_code: str
    has_wrong_ending: bool
    size: tuple[int, int] = (0, 0)
    square: Square | None = None
    central: Square | None = None
    style: NDArray[np.float64] | None = None
    marks: frozenset[str] = frozenset()
    patient: str | None = None
    study: str | None = None


def facts_of(path: Path) -> FileFacts:
    """Read one file once, by the code that the daemon reads it with.

    Parameters
    ----------
    path : Path
        Any file; a file that cannot be read or decoded is a finding, not an error.

    Returns
    -------
    FileFacts
    """
    cv2.setNumThreads(1)
    try:
        content = path.read_bytes()
    except OSError:
        return FileFacts("", "unknown", "missing", has_wrong_ending=False)
    sha256 = hashlib.sha256(content).hexdigest()
    signature = recognise(content[:HEAD_BYTES])
    kind = "dicom" if signature is Signature.BARE_DICOM else signature.value
    is_wrong = _is_wrong_ending(path, signature)
    try:
        pictures = open_pictures(content)
        picture = next(iter(pictures))
    except ScanError as error:
        return FileFacts(sha256, kind, error.code, is_wrong)
    header = pictures.header
    return FileFacts(
        sha256=sha256,
        format=kind,
        error_code="",
        has_wrong_ending=is_wrong,
        size=(picture.shape[0], picture.shape[1]),
        square=square(picture),
        central=central(picture),
        style=style_of(content, picture),
        marks=marks_of(content, picture, header),
        patient=_digest(header.patient_id),
        study=_digest(header.study_instance_uid),
    )


def _is_wrong_ending(path: Path, signature: Signature) -> bool:
    ending = path.suffix.lower()
    rasters = frozenset().union(*_ENDINGS.values())
    return ending not in _ENDINGS[signature] if signature in _ENDINGS else ending in rasters


def _digest(value: str | None) -> str | None:
    text = (value or "").strip()
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def facts_of_all(paths: Sequence[Path], jobs: int, on_progress: Callable[[int], None]) -> list[FileFacts]:
    """Look at files in child processes, so that one that kills its decoder costs itself alone.

    Parameters
    ----------
    paths : sequence of Path
    jobs : int
        Children.
    on_progress : callable
        Called with how many are done.

    Returns
    -------
    list of FileFacts
        In the order of the paths; `decoder_crashed`, `deadline` or `out_of_memory` where that happened.
    """
    facts: list[FileFacts] = []
    with ProcessPool(max_workers=jobs, context=get_context("spawn")) as pool:
        for one in _results(pool, paths):
            facts.append(one)
            on_progress(len(facts))
    return facts


def _results(pool: ProcessPool, paths: Sequence[Path]) -> Iterator[FileFacts]:
    answers = pool.map(facts_of, paths, timeout=DEADLINE_S).result()
    for path in paths:
        try:
            yield next(answers)
        except ProcessExpired:
            yield _broken(path, "decoder_crashed")
        except FutureTimeoutError:
            yield _broken(path, "deadline")
        except MemoryError:
            yield _broken(path, "out_of_memory")


def _broken(path: Path, code: str) -> FileFacts:
    with path.open("rb") as stream:
        kind = recognise(stream.read(HEAD_BYTES)).value
        stream.seek(0)
        return FileFacts(
            hashlib.file_digest(stream, "sha256").hexdigest(), kind, code, has_wrong_ending=False
        )
