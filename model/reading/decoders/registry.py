"""Which decoder is for which transfer syntax."""

import importlib
from collections.abc import Callable
from functools import partial
from types import MappingProxyType

from model.errors import UnsupportedTransferSyntax
from model.reading.decoders.decoded_frame import DecodedFrame
from model.reading.decoders.layout import PixelLayout

FrameDecoder = Callable[[bytes, PixelLayout], DecodedFrame]

NATIVE = frozenset(
    {
        "1.2.840.10008.1.2",  # Implicit VR Little Endian
        "1.2.840.10008.1.2.1",  # Explicit VR Little Endian
        "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
        "1.2.840.10008.1.2.2",  # Explicit VR Big Endian (retired, still found in archives)
    }
)
_JPEG = "1.2.840.10008.1.2.4."
REFERENCED = frozenset(_JPEG + last for last in ("94", "95", "204", "205"))
"""JPIP: the file holds an address where pixels are to be had; nothing here goes to one."""
_DECODERS = MappingProxyType(
    {
        tuple(_JPEG + str(last) for last in range(50, 57)): ("jpeg", "decode_jpeg"),  # from 52 on retired
        (_JPEG + "57", _JPEG + "70"): ("jpeg_lossless", "decode_jpeg_lossless"),
        (_JPEG + "80", _JPEG + "81"): ("jpeg_ls", "decode_jpeg_ls"),
        (_JPEG + "90", _JPEG + "91", _JPEG + "203"): ("jpeg_2000", "decode_jpeg_2000"),
        (_JPEG + "201", _JPEG + "202"): ("jpeg_2000", "decode_lossless_htj2k"),
        (_JPEG + "110", _JPEG + "111", _JPEG + "112"): ("jpeg_xl", "decode_jpeg_xl"),
        ("1.2.840.10008.1.2.5",): ("rle", "decode_rle"),
        ("1.2.840.10008.1.2.1.98",): ("uncompressed", "decode_uncompressed"),
        ("1.2.840.10008.1.2.8.1",): ("deflated", "decode_deflated"),
    }
)
ENCAPSULATED = frozenset(uid for family in _DECODERS for uid in family)
WITH_END_MARKER = frozenset(
    uid
    for family, (module, _) in _DECODERS.items()
    for uid in family
    if module in ("jpeg", "jpeg_lossless", "jpeg_ls", "jpeg_2000")
)
"""Transfer syntaxes whose encoded frames end with EOI or EOC."""


IN_LEVELS = frozenset({_JPEG + "90", _JPEG + "91"})
"""Transfer syntaxes whose frames hold levels of resolution of which the finest can be left out."""


def find_decoder(transfer_syntax_uid: str | None, *, least_side: int | None = None) -> FrameDecoder:
    """Find the decoder of encapsulated frames.

    Parameters
    ----------
    transfer_syntax_uid : str or None
        None: the file gives none, and encapsulated pixels cannot be decoded on a guess.
    least_side : int, optional
        JPEG 2000 frames may be decoded at a lower resolution, as long as their longer side keeps so many
        pixels.

    Returns
    -------
    FrameDecoder

    Raises
    ------
    UnsupportedTransferSyntax
        There is none, or its codec is not in this installation.

    References
    ----------
    PS3.6 A, UIDs of transfer syntaxes.
    """
    try:
        if least_side is not None and transfer_syntax_uid in IN_LEVELS:
            from model.reading.decoders.jpeg_2000_levels import decode_reduced_jpeg_2000

            return partial(decode_reduced_jpeg_2000, least_side=least_side)
        decoder = _decoder(transfer_syntax_uid)
    except ImportError:
        decoder = None
    if decoder is None:
        raise UnsupportedTransferSyntax
    return decoder


def _decoder(uid: str | None) -> FrameDecoder | None:
    for family, (module, function) in _DECODERS.items():
        if uid in family:
            return getattr(importlib.import_module(f"model.reading.decoders.{module}"), function)  # type: ignore[no-any-return]
    return None
