"""Faults 7, 8 and 9: touches, the same name again, the same bytes, the same object with other bytes.

Break it: let `daemon.spool.destinations.Destinations` call no place taken (8: a file stays in claimed/); let
`storage.known.Known.has_other_bytes` say no (9); let `claim_file` copy the file instead of moving it (7).
"""

import hashlib
import os
from contextlib import suppress

from tests.support.pictures import dicom_bytes, drop, png_bytes


def test_07_touches_make_no_second_row(daemon, size):
    folder = daemon.inbox / "touched"
    files = size(20, 500)
    for number in range(files):
        drop(folder / f"{number}.png", png_bytes(number))
    for _ in range(size(10, 50)):
        for number in range(files):
            with suppress(FileNotFoundError):  # it is ours already
                os.utime(folder / f"{number}.png")

    daemon.wait_for("touched", files, timeout_s=200)
    daemon.codes("touched_after", {"a.png": png_bytes(5)})  # a sweep later
    assert {"classified"} == {row["outcome"] for row in daemon.wait_for("touched", files)}
    assert [*folder.iterdir()] == []


def test_08_the_same_name_again_keeps_both_files(daemon, size):
    rounds = size(6, 200)
    for turn in range(rounds):
        drop(daemon.inbox / "same" / "hand.png", png_bytes(turn))
        daemon.wait_for("same", turn + 1)

    found = daemon.rows("same")
    stored = [hashlib.sha256(daemon.stored(row).read_bytes()).hexdigest() for row in found]
    assert stored == [row["sha256"] for row in found]
    assert len(set(stored)) == rounds


def test_09_copies_and_changed_objects_are_recorded_and_said(daemon, size):
    number = size(1, 100)
    waves = {
        "a.png": lambda n: png_bytes(9000 + n),
        "b.png": lambda n: png_bytes(9000 + n),
        "c.dcm": lambda n: dicom_bytes(9200 + n, SOPInstanceUID=f"1.2.826.0.1.3680043.8.498.9.{n}"),
        "d.dcm": lambda n: dicom_bytes(9400 + n, SOPInstanceUID=f"1.2.826.0.1.3680043.8.498.9.{n}"),
    }
    for wave, (name, data) in enumerate(waves.items(), start=1):
        for n in range(number):
            drop(daemon.inbox / "copies" / f"{n}" / name, data(n))
        daemon.wait_for("copies", wave * number, timeout_s=120)

    found = {row["source_name"]: row for row in daemon.rows("copies")}
    assert {"classified"} == {row["outcome"] for row in found.values()}
    for n in range(number):
        first, copy, other, changed = (found[f"copies/{n}/{name}"] for name in waves)
        assert (first["duplicate_of"], copy["duplicate_of"]) == (None, first["scan_id"])
        assert "same_sop_instance_other_bytes" not in (other["warnings"] or "")
        assert "same_sop_instance_other_bytes" in changed["warnings"]
