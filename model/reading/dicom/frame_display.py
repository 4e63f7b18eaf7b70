"""How each frame of a DICOM file is to be shown."""

from typing import TYPE_CHECKING

from model.errors import BadHeader
from model.reading.decoders.decoded import Decoded
from model.reading.decoders.layout import PixelLayout
from model.reading.dicom.display_elements import modality_of, padding_of, palette_of, polarity_of, voi_of
from model.reading.display import Display, Rescale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset


class FrameDisplays:
    """Gives the `Display` of each frame; reads what the frames share once.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
    layout : PixelLayout
    warnings : set of str
        Categories are added to it.

    References
    ----------
    PS3.3 C.7.6.16 Multi-frame Functional Groups, C.7.6.16.2.9 Pixel Value Transformation, C.7.6.16.2.10
    Frame VOI LUT.
    """

    def __init__(self, dataset: "Dataset", layout: PixelLayout, warnings: set[str]) -> None:
        self._dataset, self._layout, self._warnings = dataset, layout, warnings
        self._shared = _item(dataset, "SharedFunctionalGroupsSequence", 0)
        self._padding = None if layout.is_float else padding_of(dataset)
        self._palettes: dict[int, NDArray[np.uint16]] = {}
        if layout.has_monochrome_guessed:
            warnings.add("photometric_interpretation_missing")

    def of(self, index: int, decoded: Decoded) -> Display:
        """Give the display of one frame.

        Parameters
        ----------
        index : int
            From 0.
        decoded : Decoded
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
                palette = self._palettes[bits] = palette_of(self._dataset, bits)
            return Display(photometric, bits, decoded.high_bit, palette=palette)
        if photometric == "XYB":
            raise BadHeader("colours of JPEG XL in another transfer syntax")
        is_signed = self._layout.is_signed
        if not photometric.startswith("MONOCHROME") or self._layout.samples == 3:
            return Display(photometric, bits, decoded.high_bit, is_signed, is_display_ready=True)
        own = _item(self._dataset, "PerFrameFunctionalGroupsSequence", index)
        transformation = self._group("PixelValueTransformationSequence", own)
        modality = modality_of(transformation, self._warnings)
        if modality == Rescale(1, 0):
            modality = None
        voi = voi_of(self._group("FrameVOILUTSequence", own), self._warnings)
        is_ready = voi is None and modality is None and bits <= 8 and not is_signed
        return Display(
            polarity_of(self._dataset, photometric, self._warnings),
            bits,
            decoded.high_bit,
            is_signed,
            modality=modality,
            voi=voi,
            padding=self._padding,
            is_display_ready=is_ready,
        )

    def _group(self, keyword: str, own: "Dataset | None") -> "Dataset":
        """Find a functional group: the frame's own, the shared one, or the data set in their place."""
        for groups in (own, self._shared):
            found = None if groups is None else _item(groups, keyword, 0)
            if found is not None:
                return found
        return self._dataset


def _item(dataset: "Dataset", keyword: str, index: int) -> "Dataset | None":
    sequence = dataset.get(keyword)
    return sequence[index] if sequence and len(sequence) > index else None
