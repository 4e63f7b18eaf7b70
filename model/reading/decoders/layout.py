"""How the pixels of a DICOM picture lie in its file, checked before a byte of them is decoded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from model.errors import BadHeader
from model.reading.limits import Limits

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_COLOUR = frozenset(
    {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "XYB"}
)
SHARED_COLOURS = ("YBR_FULL_422", "YBR_PARTIAL_422")
_GREY = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """The Image Pixel module, reduced to what decoding needs.

    Attributes
    ----------
    rows, columns, frames : int
        Size of a frame in pixels, and frames in the file; each at least 1.
    samples : {1, 3}
        Values a pixel.
    bits_allocated, bits_stored, high_bit : int
        Bits a value takes, bits of it that count, and the place of the highest of these.
    is_signed : bool
        Two's complement.
    is_float : bool
        Float or Double Float Pixel Data.
    is_planar : bool
        All values of one colour before those of the next.
    photometric_interpretation : str
        As in the file.
    has_monochrome_guessed : bool
        The file gives none, and MONOCHROME2 was taken.

    References
    ----------
    PS3.3 C.7.6.3 Image Pixel Module; PS3.5 8.1 Pixel and Overlay Data.
    """

    rows: int
    columns: int
    frames: int
    samples: Literal[1, 3]
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    is_float: bool
    is_planar: bool
    photometric_interpretation: str
    has_monochrome_guessed: bool

    @property
    def has_shared_colours(self) -> bool:
        """Whether, in a native frame, two pixels of a row have one pair of colour values."""
        return self.photometric_interpretation in SHARED_COLOURS

    @property
    def frame_bits(self) -> int:
        """Bits that one native frame takes in the file."""
        samples = 2 if self.has_shared_colours else self.samples
        return self.rows * self.columns * samples * self.bits_allocated

    @classmethod
    def from_dataset(cls, dataset: "Dataset", keyword: str, limits: Limits) -> "PixelLayout":
        """Read and check the layout of a data set that has pixels.

        Parameters
        ----------
        dataset : pydicom.dataset.Dataset
            May end before the pixel data element.
        keyword : {"PixelData", "FloatPixelData", "DoubleFloatPixelData"}
            Which of them the file has.
        limits : Limits

        Returns
        -------
        PixelLayout

        Raises
        ------
        BadHeader
            An element is missing, malformed, or contradicts another.
        TooLarge
            Rows x columns or frames exceed `limits`.
        """
        is_float = keyword != "PixelData"
        rows, columns = _integer(dataset, "Rows"), _integer(dataset, "Columns")
        frames = _integer(dataset, "NumberOfFrames", 1) or 1
        limits.check(rows, columns, frames)
        photometric = str(dataset.get("PhotometricInterpretation") or "").strip()
        samples = _integer(dataset, "SamplesPerPixel", 1)
        if samples not in (1, 3) or (photometric and photometric not in (_GREY if samples == 1 else _COLOUR)):
            raise BadHeader("samples per pixel and photometric interpretation describe no picture we know")
        if not photometric and samples == 3:
            raise BadHeader("a colour picture without a photometric interpretation")
        allocated, stored, high = _bits(dataset, keyword)
        return cls(
            rows=rows,
            columns=columns,
            frames=frames,
            samples=3 if samples == 3 else 1,
            bits_allocated=allocated,
            bits_stored=stored,
            high_bit=high,
            is_signed=not is_float and _integer(dataset, "PixelRepresentation", 0) == 1,
            is_float=is_float,
            is_planar=_integer(dataset, "PlanarConfiguration", 0) == 1,
            photometric_interpretation=photometric or "MONOCHROME2",
            has_monochrome_guessed=not photometric,
        )


def _bits(dataset: "Dataset", keyword: str) -> tuple[int, int, int]:
    if keyword != "PixelData":
        bits = 32 if keyword == "FloatPixelData" else 64
        return bits, bits, bits - 1
    allocated = _integer(dataset, "BitsAllocated")
    if allocated not in (1, 8, 12, 16, 32, 64):
        raise BadHeader("bits allocated is none of 1, 8, 12, 16, 32 and 64")
    stored = _integer(dataset, "BitsStored", allocated)
    if not 1 <= stored <= allocated:
        raise BadHeader("bits stored is not between 1 and bits allocated")
    high = _integer(dataset, "HighBit", stored - 1)
    if not stored - 1 <= high < allocated:
        raise BadHeader("high bit does not fit bits stored and bits allocated")
    return allocated, stored, high


def _integer(dataset: "Dataset", keyword: str, default: int | None = None) -> int:
    try:
        value = dataset.get(keyword)
        if value is not None and value != "":
            return int(value)
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        raise BadHeader(f"{keyword} is no whole number") from None
    if default is None:
        raise BadHeader(f"{keyword} is missing")
    return default
