"""What each error code means, and what to do about it.

What to do must be able to help: the same bytes fail the same way, so "send it again" is advised only where a
copy may have been damaged or cut on its way.
"""

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "no_image": "The DICOM object is sound and has no picture, such as a report. If a picture was sent, "
    "only its header is here: compare the file with the one at its source.",
    "dicomdir": "It is the index of a medium. Drop the files that it lists; its references are never opened.",
    "excluded_modality": "Its modality is not one to classify. If it should be, change the settings "
    "`modalities` and `exclude_modalities`, then try it again.",
    "excluded_body_part": "Its body part is not one to classify. If it should be, change the settings "
    "`body_parts` and `exclude_body_parts`, then try it again.",
    "excluded_presentation": "It is of a kind that is not to be classified. If it should be, change the "
    "settings `presentation`, `secondary_captures`, `derived_images` and `localizers`, then try it again.",
    "executable_preamble": "The DICOM preamble begins like a program (CVE-2019-11687). The file is kept "
    "private and is never run. Ask its source what wrote it; an export without the preamble is taken.",
    "empty_file": "The file has no bytes. Send it again from its source.",
    "unknown_format": "The file is no DICOM, PNG or JPEG, whatever its name says. If it is a picture, "
    "convert it to one of them; else nothing is to be done.",
    "truncated": "The file ends before its picture does, and stayed so for `incomplete_wait_s`. Send it "
    "again from its source; if it is cut there too, export it again.",
    "unreadable": "The file could not be opened or parsed. Give the daemon's user the right to read it and "
    "try it again; if that is not it, export it again, for a copy of the same bytes fails too.",
    "bad_header": "The header contradicts itself or lacks what describes the picture. Have its source "
    "export it anew; a copy of the same bytes fails too.",
    "bad_pixels": "The picture's data cannot be decoded. Compare the file with the one at its source: if "
    "they differ, send it again; if not, export it anew, best uncompressed.",
    "too_large": "The picture or file is beyond `max_file_mb`, `max_megapixels`, `max_scan_megapixels` or "
    "`max_frames`. If it is meant to be so large, raise that setting, then try it again.",
    "deadline": "Decoding took longer than `deadline_s` and `deadline_per_frame_s` allow. Try it again "
    "while the machine has less to do, or raise them first.",
    "decoder_crashed": "The decoder crashed twice on this file. Report it with the file's transfer syntax; "
    "try it again after an upgrade, or export it uncompressed.",
    "out_of_memory": "Decoding needed more memory than `decode_memory_mb` allows. Raise it, then try it "
    "again.",
    "unsupported_transfer_syntax": "There is no codec for the way in which its picture is compressed. "
    "Export it uncompressed or as JPEG 2000, or try it again after an upgrade.",
    "bad_network_output": "The network gave no finite number. Check the release with `inboxray model "
    "verify`; if it is sound, report it.",
    "unrecordable": "The database refused the row with what this file's header says; the row stands without "
    "it. Nothing can be done to the file: report it, and try it again after an upgrade.",
    "crashed_daemon": "The daemon ended three times while it had this file, and did not open it again. Look "
    "into the log for how it ended; try the file again alone, or report it.",
}
"""By code, in the order of the vocabulary: first what is rejected, then what failed."""
