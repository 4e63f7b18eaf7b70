"""Why a library of the web viewers and we part about a file; a file without a difference has no reason."""

from typing import Final

TWELVE_BITS = (
    "their decoder of 12-bit JPEG adds 2063 where 2048 is meant: values are 15 of 4,096 too high "
    "(findings/cornerstone_jpeg_12_bit.sh)"
)
TWELVE_BITS_FILES = (
    "radiograph/RG2_JPLY.dcm",
    "radiograph/RG2_JPLY_fixed.dcm",
    "radiograph/RG3_JPLY.dcm",
    "pixel/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm",
    "pixel/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm",
    "pixel/JPGExtended.dcm",
)
CLIPPED = "the grey is Y (PS3.3 C.7.6.3.1.2); they go by RGB and clip saturated colours first"
RUBBISH = "rubbish behind the pixels, for which the whole file is refused"
BYTE_PLANES = "RLE of 32 bits is not read"
POINT_TRANSFORM = "the point transform of a lossless JPEG is left out: four times too dark"
NOT_SHIFTED = "the signed stream is taken as it is, under a header that says unsigned"
NO_LENGTH = "an element of explicit length is read as native pixels"
ONE_BIT = "1 bit is not read"
LABEL_OF_TWO = "the label is followed: two samples a pixel, where there are three"
J2K_ROUNDS = "irreversible JPEG 2000 is rounded otherwise, by one"
_BOTH = ("cornerstone", "daikon")

REASONS: Final[dict[tuple[str, str], str]] = {
    **{(peer, name): TWELVE_BITS for peer in _BOTH for name in TWELVE_BITS_FILES},
    **{(peer, "pixel/SC_rgb_jpeg.dcm"): RUBBISH for peer in _BOTH},
    **{(peer, "pixel/SC_rgb_rle_32bit.dcm"): BYTE_PLANES for peer in _BOTH},
    **{(peer, "pixel/examples_ybr_color.dcm"): CLIPPED for peer in _BOTH},
    **{(peer, "cases/31_jpeg_lossless_colour_point_transform_2.dcm"): POINT_TRANSFORM for peer in _BOTH},
    **{(peer, "cases/20g_j2k_signed12_header_unsigned.dcm"): NOT_SHIFTED for peer in _BOTH},
    **{(peer, "pixel/parametric_map_float.dcm"): "Float Pixel Data is not read" for peer in _BOTH},
    **{(peer, "pixel/SC_ybr_full_422_uncompressed.dcm"): "native 4:2:2 is not converted" for peer in _BOTH},
    **{(peer, "pixel/liver_deflate.dcm"): ONE_BIT for peer in _BOTH},
    **{
        (peer, "cases/12a_70_is_baseline.dcm"): "the stream is followed, where the transfer syntax lies"
        for peer in _BOTH
    },
    ("cornerstone", "radiograph/CR-MONO1-10-chest.dcm"): "no File Meta Information",
    ("cornerstone", "cases/03a_ybr_3samples.dcm"): LABEL_OF_TWO,
    ("cornerstone", "cases/03b_rgb_3samples.dcm"): LABEL_OF_TWO,
    ("cornerstone", "cases/07c_20_zeros.dcm"): "zeros where the delimiter should be",
    ("cornerstone", "cases/14_ljpeg_wrong.dcm"): "the wrong offset table is followed",
    ("cornerstone", "cases/14_ljpeg_zeros.dcm"): "the wrong offset table is followed",
    ("cornerstone", "cases/21a_items_explicit_length_57.dcm"): NO_LENGTH,
    ("cornerstone", "cases/21c_bare_jpeg_explicit_length.dcm"): NO_LENGTH,
    ("cornerstone", "cases/27a_native_ybr_said_rgb.dcm"): "the label RGB is followed, on YCbCr",
    ("daikon", "radiograph/JPEG2KLossless_1s_1f_u_16_16.dcm"): "no end within five minutes",
    **{
        ("daikon", name): J2K_ROUNDS
        for name in (
            "radiograph/MG1_J2KI.dcm",
            "radiograph/RG1_J2KI.dcm",
            "radiograph/RG3_J2KI.dcm",
            "pixel/JPEG2000.dcm",
        )
    },
    ("daikon", "pixel/MR_small_jp2klossless.dcm"): "lossless JPEG 2000 of GDCM comes back with errors of one",
    ("daikon", "pixel/D_CLUNIE_CT1_RLE_FRAGS.dcm"): "RLE in several fragments is not read",
    ("daikon", "pixel/ExplVR_BigEnd.dcm"): "8 bits in words of big endian are not swapped (PS3.5 8.1.1)",
    ("daikon", "pixel/GDCMJ2K_TextGBR.dcm"): "a JP2 file where a codestream belongs is not read",
    ("daikon", "pixel/HTJ2KLossless_08_RGB.dcm"): "no codec",
    ("daikon", "pixel/HTJ2K_08_RGB.dcm"): "no codec",
    ("daikon", "pixel/liver_1frame.dcm"): ONE_BIT,
    ("daikon", "pixel/rtdose.dcm"): "32 bits are not read",
    ("daikon", "cases/21c_bare_jpeg_explicit_length.dcm"): "a frame without items is not found",
    (
        "daikon",
        "cases/23i_crlf_mangled.dcm",
    ): "line ends were rewritten: no pixel is in its place",
}
"""By peer and file: what it does otherwise than we, or why it has no picture."""
