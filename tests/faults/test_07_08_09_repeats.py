"""Faults 7, 8 and 9: touches, the same name again, the same bytes, the same object with other bytes.

Break it: let `daemon.dispose.Destinations` call no place taken (8: a file stays in claimed/); let
`Answerer._known` know nothing (9); let `claim_file` copy the file instead of moving it (7).
"""

import hashlib
import os
from contextlib import suppress

from tests.support.pictures import dicom_bytes, drop, png_bytes


def test_07_touches_make_no_second_row(daemon):
    folder = daemon.inbox / "touched"
    for number in range(20):
        drop(folder / f"{number}.png", png_bytes(number))
    for _ in range(10):
        for number in range(20):
            with suppress(FileNotFoundError):  # it is ours already
                os.utime(folder / f"{number}.png")

    assert {"classified"} == {row["outcome"] for row in daemon.wait_for("touched", 20)}


def test_08_the_same_name_again_keeps_both_files(daemon):
    for turn in range(6):
        drop(daemon.inbox / "same" / "hand.png", png_bytes(turn))
        daemon.wait_for("same", turn + 1)

    found = daemon.rows("same")
    stored = [hashlib.sha256(daemon.stored(row).read_bytes()).hexdigest() for row in found]
    assert stored == [row["sha256"] for row in found]
    assert len(set(stored)) == 6


def test_09_copies_and_changed_objects_are_recorded_and_said(daemon):
    object_uid = "1.2.826.0.1.3680043.8.498.9"
    sent = {
        "a.png": png_bytes(900),
        "b.png": png_bytes(900),
        "c.dcm": dicom_bytes(901, SOPInstanceUID=object_uid),
        "d.dcm": dicom_bytes(902, SOPInstanceUID=object_uid),
    }
    for number, (name, data) in enumerate(sent.items()):
        drop(daemon.inbox / "copies" / name, data)
        daemon.wait_for("copies", number + 1)

    first, copy, other, changed = daemon.rows("copies")
    assert (first["duplicate_of"], copy["duplicate_of"]) == (None, first["scan_id"])
    assert "same_sop_instance_other_bytes" not in (other["warnings"] or "")
    assert "same_sop_instance_other_bytes" in changed["warnings"]
    assert {"classified"} == {row["outcome"] for row in (first, copy, other, changed)}
