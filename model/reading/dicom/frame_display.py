"""How each frame of a DICOM file is to be shown."""

import dataclasses
from typing import TYPE_CHECKING

from model.errors import BadHeader
from model.reading.decoders.colour import CONTRADICTED, plausible_label
from model.reading.decoders.decoded_frame import DecodedFrame
from model.reading.decoders.layout import PixelLayout
from model.reading.dicom.display_elements import (
    has_display_modality,
    modality_of,
    padding_of,
    palette_of,
    polarity_of,
    voi_of,
)
from model.reading.dicom.geometry_elements import pixel_aspect_of, shutter_of
from model.reading.display import Display, LookupTable, Rescale
from model.reading.geometry import has_square_pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_COLOURED = 3  # dimensions


class FrameDisplays:
    """Gives the `Display` of each frame; reads what the frames share once.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    layout : PixelLayout
    warnings : set of str
        Categories are added to it.
    sop_class_uid : str or None
        Of the object; see `has_display_modality`.

    References
    ----------
    PS3.3 C.7.6.16 Multi-frame Functional Groups, C.7.6.16.2.9 Pixel Value Transformation, C.7.6.16.2.10
    Frame VOI LUT.
    """

    def __init__(
        self, dataset: "Dataset", layout: PixelLayout, warnings: set[str], sop_class_uid: str | None
    ) -> None:
        self._dataset, self._layout, self._warnings = dataset, layout, warnings
        self._shared = _item(dataset, "SharedFunctionalGroupsSequence", 0)
        self._padding = None
        if not layout.is_float:
            self._padding = padding_of(dataset, layout.bits_allocated, is_signed=layout.is_signed)
        self._shutter = shutter_of(dataset, layout.rows, layout.columns, warnings)
        self._has_modality = has_display_modality(sop_class_uid)
        self._palettes: dict[int, NDArray[np.uint16]] = {}
        if layout.has_monochrome_guessed:
            warnings.add("photometric_interpretation_missing")

    def of(self, index: int, decoded: DecodedFrame) -> Display:
        """Return the display of one frame.

        Parameters
        ----------
        index : int
            From 0.
        decoded : DecodedFrame
            The frame.

        Returns
        -------
        Display

        Raises
        ------
        BadHeader
            What says how to show it is malformed.
        """
        photometric, bits = decoded.photometric_interpretation, decoded.bits_stored
        if photometric == "PALETTE COLOR":
            palette = self._palettes.get(bits)
            if palette is None:
                palette = self._palettes[bits] = palette_of(self._dataset, bits, self._warnings)
            return self._placed(Display(photometric, bits, decoded.high_bit, palette=palette), index)
        if photometric == "XYB":
            raise BadHeader("colours of JPEG XL in another transfer syntax")
        is_signed = self._layout.is_signed
        if not photometric.startswith("MONOCHROME") or self._layout.samples == 3:
            photometric = self._colours(decoded)
            plain = Display(photometric, bits, decoded.high_bit, is_signed, is_display_ready=True)
            return self._placed(plain, index)
        own = _item(self._dataset, "PerFrameFunctionalGroupsSequence", index)
        transformation = self._group("PixelValueTransformationSequence", own)
        modality = None
        if self._has_modality:
            modality = modality_of(transformation, self._warnings, is_signed=is_signed)
        if modality == Rescale(1, 0):
            modality = None
        voi = voi_of(
            self._group("FrameVOILUTSequence", own),
            self._warnings,
            is_signed=may_be_negative(modality, bits, is_signed=is_signed),
        )
        is_ready = voi is None and modality is None and bits <= 8 and not is_signed
        display = Display(
            polarity_of(self._dataset, photometric, self._warnings),
            bits,
            decoded.high_bit,
            is_signed,
            modality=modality,
            voi=voi,
            padding=self._padding,
            is_display_ready=is_ready,
        )
        return self._placed(display, index)

    def _placed(self, display: Display, index: int) -> Display:
        """Add what is seen of a frame, and the shape of its pixels."""
        aspect = aspect_of(self._dataset, index, self._warnings)
        if self._shutter is None and has_square_pixels(aspect):
            return display
        return dataclasses.replace(display, shutter=self._shutter, pixel_aspect=aspect)

    def _colours(self, decoded: DecodedFrame) -> str:
        """Say what colours are, where their label cannot be right."""
        label = decoded.photometric_interpretation
        if decoded.pixels.ndim != _COLOURED or decoded.pixels.dtype.kind != "u":
            return label
        plausible = plausible_label(decoded.pixels, label, decoded.bits_stored)
        if plausible != label:
            self._warnings.add(CONTRADICTED)
        return plausible

    def _group(self, keyword: str, own: "Dataset | None") -> "Dataset":
        """Find a functional group: the frame's own, the shared one, or the data set in their place."""
        return _group(self._dataset, keyword, own, self._shared)


def aspect_of(dataset: "Dataset", index: int, warnings: set[str]) -> float:
    """Read the height over the width of the pixels of one frame, which needs no pixel.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    index : int
        Of the frame, from 0.
    warnings : set of str
        Categories are added to it.

    Returns
    -------
    float
    """
    own = _item(dataset, "PerFrameFunctionalGroupsSequence", index)
    shared = _item(dataset, "SharedFunctionalGroupsSequence", 0)
    return pixel_aspect_of(dataset, _group(dataset, "PixelMeasuresSequence", own, shared), warnings)


def _group(dataset: "Dataset", keyword: str, *groups: "Dataset | None") -> "Dataset":
    for one in groups:
        found = None if one is None else _item(one, keyword, 0)
        if found is not None:
            return found
    return dataset


def may_be_negative(modality: Rescale | LookupTable | None, bits: int, *, is_signed: bool) -> bool:
    """Return whether a modality value can be negative: by the range that the stored values can have.

    Parameters
    ----------
    modality : Rescale, LookupTable or None
    bits : int
        Bits Stored.
    is_signed : bool
        Stored values are.

    Returns
    -------
    bool
    """
    if isinstance(modality, LookupTable):
        return False
    if modality is None:
        return is_signed
    half = 1 << (bits - 1)
    ends = (-half, half - 1) if is_signed else (0, 2 * half - 1)
    return min(modality.slope * end + modality.intercept for end in ends) < 0


def _item(dataset: "Dataset", keyword: str, index: int) -> "Dataset | None":
    sequence = dataset.get(keyword)
    return sequence[index] if sequence and len(sequence) > index else None
