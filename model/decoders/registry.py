"""Which decoder is for which transfer syntax."""

from collections.abc import Callable

from model.decoders.decoded import Decoded
from model.errors import UnsupportedTransferSyntax
from model.layout import PixelLayout

FrameDecoder = Callable[[bytes, PixelLayout], Decoded]

NATIVE = frozenset(
    {
        "1.2.840.10008.1.2",  # Implicit VR Little Endian
        "1.2.840.10008.1.2.1",  # Explicit VR Little Endian
        "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
        "1.2.840.10008.1.2.2",  # Explicit VR Big Endian (retired, still found in archives)
    }
)
_JPEG = "1.2.840.10008.1.2.4."


def find_decoder(transfer_syntax_uid: str | None) -> FrameDecoder:
    """Find the decoder of encapsulated frames.

    Parameters
    ----------
    transfer_syntax_uid : str or None
        None: the file gives none, and encapsulated pixels cannot be decoded on a guess.

    Raises
    ------
    UnsupportedTransferSyntax
        There is none, or its codec is not in this installation.

    References
    ----------
    PS3.6 A, UIDs of transfer syntaxes.
    """
    try:
        decoder = _decoder(transfer_syntax_uid)
    except ImportError:
        decoder = None
    if decoder is None:
        raise UnsupportedTransferSyntax
    return decoder


def _decoder(uid: str | None) -> FrameDecoder | None:  # noqa: PLR0911  # a table, with imports on demand
    if uid in (_JPEG + "50", _JPEG + "51"):
        from model.decoders.jpeg import decode_jpeg

        return decode_jpeg
    if uid in (_JPEG + "57", _JPEG + "70"):
        from model.decoders.jpeg_lossless import decode_jpeg_lossless

        return decode_jpeg_lossless
    if uid in (_JPEG + "80", _JPEG + "81"):
        from model.decoders.jpeg_ls import decode_jpeg_ls

        return decode_jpeg_ls
    if uid in (_JPEG + "90", _JPEG + "91"):
        from model.decoders.jpeg_2000 import decode_jpeg_2000

        return decode_jpeg_2000
    if uid in (_JPEG + "201", _JPEG + "202", _JPEG + "203"):
        from model.decoders.jpeg_2000 import decode_high_throughput_jpeg_2000

        return decode_high_throughput_jpeg_2000
    if uid == "1.2.840.10008.1.2.5":
        from model.decoders.rle import decode_rle

        return decode_rle
    if uid == "1.2.840.10008.1.2.8.1":
        from model.decoders.deflated import decode_deflated

        return decode_deflated
    return None
