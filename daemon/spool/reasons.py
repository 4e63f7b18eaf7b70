"""What each error code means, and what to do about it."""

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "empty_file": "The file has no bytes. Send it again from its source.",
    "unknown_format": "The file is no DICOM, PNG or JPEG. Nothing to do unless it should have been one.",
    "truncated": "The file ends before its picture does. Send it again from its source.",
    "unreadable": "The file could not be opened or parsed. Check its permissions, or send it again.",
    "bad_header": "The header contradicts itself or lacks what describes the picture. Ask its source.",
    "bad_pixels": "The picture's data cannot be decoded. Send it again from its source.",
    "too_large": "The picture or file is beyond the limits. See max_megapixels, max_scan_megapixels, "
    "max_frames and max_file_mb.",
    "deadline": "Decoding took longer than allowed. See deadline_s.",
    "decoder_crashed": "The decoder crashed twice on this file. Keep it to report; requeue after an upgrade.",
    "out_of_memory": "Decoding needed more memory than allowed. See decode_memory_mb.",
    "unsupported_transfer_syntax": "No codec for this encoding is installed. Requeue after an upgrade.",
    "bad_network_output": "The network gave no finite number. Check the release: inboxray model verify.",
    "unrecordable": "The database refused the row with this file's header. The row stands without it.",
    "crashed_daemon": "The daemon died three times while it had this file. Keep it for a report.",
}
