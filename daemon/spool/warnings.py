"""What each warning means: what was seen, what was done, what to check."""

from collections.abc import Iterable, Mapping
from typing import Final

OF_OLDER_ROWS: Final = frozenset({"half_size"})
"""Warnings that no scan of now gets."""
WARNINGS: Final[Mapping[str, str]] = {
    "bits_stored_contradicts": "The picture takes more bits than Bits Stored says. All of them were shown. "
    "Compare it with the source's own view, and have the device's export corrected.",
    "bytes_behind_pixels": "Bytes that are no element stand behind the pixel data. They were passed over. "
    "Look at the picture: a damaged transfer may have moved its lines.",
    "changed_after_answer": "The file was written to after it had an answer, in its last place. This row "
    "answers it again. Find out what writes so late; the answer before is about other bytes.",
    "colour_label_contradicts": "The header calls RGB what is YCbCr, or the other way round. The grey was "
    "made from what the pixels are. Have the device's or converter's export corrected.",
    "colour_sampling_contradicts": "The header says that two pixels share their colour, and the length says "
    "that each has its own. It was read by the length. Have the export corrected.",
    "constant_picture": "A frame is of one grey throughout. It was classified all the same. Look at the "
    "file: an empty exposure or a failed export is likely.",
    "encapsulated_with_length": "Compressed frames stand in an element of explicit length, which the "
    "standard forbids. They were decoded. Have the device's export corrected, for other programs may "
    "refuse them.",
    "encapsulated_without_items": "Compressed frames stand in the pixel data element without items, which "
    "the standard forbids. They were decoded. Have the device's export corrected.",
    "ends_in_zeros": "The pixels are zeros to their end, for a quarter of the picture or more, or in a hole "
    "of the file. It was classified all the same. Look at the picture: if its lower part is missing, its "
    "sender made room for it and did not fill it; then send it again.",
    "half_size": "Of older rows: a large JPEG 2000 frame was decoded at half its size, as the setting "
    "`half_size_jpeg_2000` allowed. Rows of now say that by their `pipeline_version`.",
    "lut_entries_narrow": "No entry of the VOI LUT or palette reaches the bits that its descriptor says. It "
    "was scaled by its largest entry, as viewers do. Compare the brightness with the source's view.",
    "more_frames_than_said": "The file holds more frames than its header announces. The announced ones were "
    "shown. Look at the others in a viewer: they have no answer.",
    "numpy_runtimewarning": "A value went beyond what arithmetic can hold. Look at the picture.",
    "padding_within_picture": "The padding value is also that of something bright within the picture, such "
    "as metal. Only what reaches the corners was blacked out. Compare it with the source's view.",
    "photometric_interpretation_missing": "The header does not say which end of the scale is white. "
    "MONOCHROME2 was taken. If the picture is negative, have the export corrected.",
    "pil_userwarning": "Pillow found something odd in the file, and decoded it. Look at the picture.",
    "pixel_aspect_ignored": "The header's shape of a pixel is beyond belief. Pixels were taken as square. "
    "Compare the picture's proportions with the source's view.",
    "pixel_representation_contradicts": "The codestream's values are signed and the header says that they "
    "are not. They were shifted into the header's range. Compare the brightness with the source's view.",
    "pixels_not_square": "The pixels are longer in one direction. The picture was shown at its true "
    "proportions. Nothing to do.",
    "png_range_unused": "A 16-bit PNG uses the lower bits only. It was shown by the bits that it uses. If "
    "the picture is meant to be dark, save it with its values scaled up.",
    "presentation_lut_shape_contradicts": "Presentation LUT Shape and Photometric Interpretation contradict "
    "each other. The shape was followed. If the picture is negative, have the export corrected.",
    "pydicom_userwarning": "pydicom found something odd in the header, and read it. Look at the fields that "
    "`explain` shows.",
    "region_contradicts": "The header names another part of the body than the network sees. The scan was "
    "classified all the same. Look at the picture: the film may bear a wrong label.",
    "rescale_slope_zero": "Rescale Slope is 0. It was taken as 1. Have the export corrected.",
    "rle_surplus": "An RLE segment holds a little more than the picture. The rest was left out. Nothing to "
    "do.",
    "same_sop_instance_other_bytes": "A scan with the same SOP Instance UID and other bytes was classified "
    "too. Each has its answer. Find out at the source which one counts.",
    "shutter_ignored": "The display shutter has no sense. Nothing was covered. Have the export corrected.",
    "transfer_syntax_missing": "The file does not say how it is encoded. It was found out from its first "
    "element. Have the export corrected.",
    "voi_lut_ignored": "The VOI LUT is malformed. The window, or the picture's own range, took its place. "
    "Compare the brightness with the source's view.",
    "window_ignored": "The window has no meaning. The picture's own range took its place. Compare the "
    "brightness with the source's view.",
    "window_misses_picture": "The window or VOI LUT shows much of what differs in the file as black, white "
    "or a few greys. It was shown as the file says. The answer is worth little: have the export corrected.",
}
"""By code: what was seen, what was done, what to check."""

_BY_A_LIBRARY: Final = "A library found something odd in the file, and read it. Look at the picture."


def explained(codes: Iterable[str]) -> dict[str, str]:
    """Give the sentence of each warning.

    Parameters
    ----------
    codes : iterable of str
        One of another inboxray, or named after a library and its class of warning, gets a general sentence.

    Returns
    -------
    dict of str to str
    """
    return {code: WARNINGS.get(code, _BY_A_LIBRARY) for code in codes}
