"""What a daemon and its children say to each other: plain values, and no decoder behind them.

How they are passed: `daemon.decoding.wire` and `daemon.decoding.answer_format`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Literal

import numpy as np
from numpy.typing import NDArray

from daemon.spool.file_state import Look
from model.header import Header
from model.reading.completeness import Completeness
from model.reading.excerpt import Excerpt


class MalformedAnswerError(Exception):
    """A child sent what no child of ours sends."""


Examined = tuple[Look, Completeness] | None
"""What a look at the structure of a file in the inbox found; None if it is gone or no regular file."""
TakesLong = Literal["takes_long"]
TAKES_LONG: Final[TakesLong] = "takes_long"
"""What a child says of a look that takes longer than a glance."""


MOST_PREVIEW_BYTES: Final = 1 << 20
"""Of the small pictures of one frame together; those of nothing but noise have about 800,000."""


def is_whole_jpeg(content: bytes) -> bool:
    """Return whether a small picture begins and ends as a JPEG, and is no larger than one may be.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    bool
    """
    is_bounded = len(content) <= MOST_PREVIEW_BYTES
    return is_bounded and content.startswith(b"\xff\xd8\xff") and content.endswith(b"\xff\xd9")


@dataclass(frozen=True, slots=True)
class FramePreview:
    """The small pictures of a frame, for people to look at.

    Parameters
    ----------
    preview, thumbnail : bytes
        JPEG, grey.
    """

    preview: bytes
    thumbnail: bytes

    @property
    def size(self) -> int:
        """Bytes of both."""
        return len(self.preview) + len(self.thumbnail)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One file after the child: network input, or the code of why there is none.

    Parameters
    ----------
    outcome : str or None
        None if there is input to classify, else ``rejected`` or ``failed``.
    error_code : str or None
        Given with `outcome`.
    look : Look or None
        The file as it was when its bytes were read; None if it could not be opened.
    sha256 : str or None
        Of those bytes, hexadecimal.
    error_detail : str or None
        What was wrong, in words; free of what stands in the file.
    header : Header or None
    inputs : ndarray, shape (frames, size, size), uint16, or None
    warnings : tuple of str
        Categories only.
    durations : dict
        Seconds by stage.
    is_for_slow_lane : bool
        It is too large for the lane that it was tried in, and may not be for the slow one.
    previews : tuple of FramePreview
        Of the first frames, if they are wanted; never of more than `inputs` has.
    excerpt : Excerpt or None
        Of the header of a DICOM file, if it is wanted.
    """

    outcome: str | None = None
    error_code: str | None = None
    look: Look | None = None
    sha256: str | None = None
    header: Header | None = None
    inputs: NDArray[np.uint16] | None = None
    warnings: tuple[str, ...] = ()
    durations: dict[str, float] = field(default_factory=dict)
    is_for_slow_lane: bool = False
    error_detail: str | None = None
    previews: tuple[FramePreview, ...] = ()
    excerpt: Excerpt | None = None

    @classmethod
    def refused(cls, outcome: str, code: str, **known: Any) -> "Decoded":
        """Answer without input.

        Parameters
        ----------
        outcome, code : str

        Returns
        -------
        Decoded
        """
        return cls(outcome=outcome, error_code=code, **known)


CANNOT_WRITE = "cannot_write"

OpenPicture = Callable[[int], BinaryIO]
"""Gives the file that the picture of a frame, from 1, is written to; OSError says why there is none."""


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """How the pictures of one file are wanted.

    Parameters
    ----------
    folder : bytes
        Where they are written, as ``0001.png`` and so on, one a frame; of this file alone.
    bits : {8, 16}
        Bits a value.
    size : int or None
        Rows and columns of the square that they are fitted into; None: as large as they are.
    only : int or None
        Number of the one frame that is wanted, from 1; None: all.
    """

    folder: bytes
    bits: Literal[8, 16]
    size: int | None
    only: int | None = None


@dataclass(frozen=True, slots=True)
class HeatMapRequest:
    """What is to be drawn for one file.

    Parameters
    ----------
    folder : bytes
        Where it is written, as ``0001.png`` and so on; of this file alone.
    maps : tuple of (bytes or None)
        One a frame, square, float32, little endian; None: not drawn.
    abstained : frozenset of int
        Numbers of the frames, from 1, whose legend says that the model abstained.
    """

    folder: bytes
    maps: tuple[bytes | None, ...]
    abstained: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DeidentifyRequest:
    """How a file for research is wanted.

    Parameters
    ----------
    folder : bytes
        Where it is written, as ``0001.png``, whatever it is; of this file alone.
    key : bytes
        See `model.deidentification.pseudonyms.Pseudonyms`.
    method : str
        What it says of who made it.
    takes_signs : bool
        Whether it is wanted also with signs that its picture has text in it.
    """

    folder: bytes
    key: bytes = field(repr=False)
    method: str
    takes_signs: bool


@dataclass(frozen=True, slots=True)
class ExcerptRequest:
    """What of a file is wanted for DICOM objects that are made of its answer.

    Parameters
    ----------
    frame : int
        The frame that they show, from 1.
    is_drawn : bool
        Whether its picture is wanted, as `Decoded.inputs`; else no pixel is decoded.
    """

    frame: int
    is_drawn: bool
