"""What each error code means, and what to do about it.

What to do must be able to help; what helps against which fault of a file stands in `model.advice`, so that a
reason and the detail beside it say the same.
"""

from collections.abc import Mapping
from typing import Final

from model.advice import Advice

REASONS: Final[Mapping[str, str]] = {
    "no_image": "The DICOM object is sound and has no picture, such as a report; "
    f"{Advice.COMPARE_A_PICTURE}: only its header is here.",
    "dicomdir": "It is the index of a medium. Drop the files that it lists; its references are never opened.",
    "excluded_modality": "Its modality is not one to classify. If it should be, change the settings "
    "`modalities` and `exclude_modalities`, then try it again.",
    "excluded_body_part": "Its body part is not one to classify. If it should be, change the settings "
    "`body_parts` and `exclude_body_parts`, then try it again.",
    "excluded_presentation": "It is of a kind that is not to be classified. If it should be, change the "
    "settings `presentation`, `secondary_captures`, `derived_images` and `localizers`, then try it again.",
    "executable_preamble": "The DICOM preamble begins like a program (CVE-2019-11687). The file is kept "
    "private and is never run. Ask its source what wrote it; an export without the preamble is taken.",
    "empty_file": f"The file has no bytes. {Advice.SEND.sentence}",
    "unknown_format": "The file is no DICOM, PNG or JPEG, whatever its name says; "
    f"{Advice.CONVERT_FORMAT}. Else nothing is to be done.",
    "truncated": "The file ends before its picture does, and stayed so for `incomplete_wait_s`. "
    f"{Advice.SEND_WHOLE.sentence}",
    "unreadable": "The file could not be opened or parsed. Give the daemon's user the right to read it and "
    f"try it again; if that is not it, {Advice.COMPARE}.",
    "bad_header": "The header contradicts itself or lacks what describes the picture. "
    f"{Advice.EXPORT.sentence}",
    "bad_pixels": f"The picture's data cannot be decoded. {Advice.COMPARE.sentence} An export without "
    "compression is read where a compressed one is not.",
    "too_large": "The picture or file is beyond `max_file_mb`, `max_megapixels`, `max_scan_megapixels` or "
    "`max_frames`. If it is meant to be so large, raise that setting, then try it again.",
    "deadline": "Decoding took longer than `deadline_s` and `deadline_per_frame_s` allow. Try it again "
    "while the machine has less to do, or raise them first.",
    "decoder_crashed": "The decoder crashed twice on this file. Report it with the file's transfer syntax; "
    "try it again after an upgrade, or export it uncompressed.",
    "out_of_memory": "Decoding needed more memory than `decode_memory_mb` allows. Raise it, then try it "
    "again.",
    "unsupported_transfer_syntax": "There is no codec for the way in which its picture is compressed. "
    f"{Advice.CONVERT_OR_WAIT.sentence}",
    "bad_network_output": "The network gave no finite number. Check the release with `inboxray model "
    "verify`; if it is sound, report it.",
    "unrecordable": "The database refused the row with what this file's header says; the row stands without "
    "it. Nothing can be done to the file: report it, and try it again after an upgrade.",
    "crashed_daemon": "The daemon ended three times while it had this file, and did not open it again. Look "
    "into the log for how it ended; try the file again alone, or report it.",
}
"""By code, in the order of the vocabulary: first what is rejected, then what failed."""

REASONS_IN_PLACE: Final[Mapping[str, str]] = {
    **REASONS,
    "dicomdir": "It is the index of a medium. Name the files that it lists; its references are never opened.",
    "executable_preamble": "The DICOM preamble begins like a program (CVE-2019-11687). Ask the file's source "
    "what wrote it; an export without the preamble is taken.",
    "truncated": f"The file ends before its picture does. {Advice.SEND_WHOLE.sentence}",
    "unreadable": "The file could not be opened or parsed. Give this user the right to read it and "
    f"try it again; if that is not it, {Advice.COMPARE}.",
}
"""The same of a file that a command read where it lies: nothing waited for it, and nothing keeps it."""

HELPED_BY_A_RETRY: Final = frozenset(
    (
        *("excluded_modality", "excluded_body_part", "excluded_presentation"),  # once a setting is changed
        *("empty_file", "truncated"),  # if who wrote it went on where it lies now
        *("unreadable", "too_large", "deadline", "decoder_crashed", "out_of_memory"),
        *("unsupported_transfer_syntax", "bad_network_output", "unrecordable", "crashed_daemon"),
    )
)
"""Codes after which the same file can have another answer. The others hold for every copy of its bytes."""
