"""Fault 26: a DICOM whose preamble begins like a program is rejected, kept private, and never run.

CVE-2019-11687. Break it: take a signature out of `model.reading.signatures._PROGRAMS`, or `_make_private` out
of `daemon.spool.dispose`: what its sender let everyone run stays so.
"""

import numpy as np

from tests.support.dicom_files import image, to_bytes

PROGRAMS = {
    "dos.dcm": b"MZ\x90\x00",
    "linux.dcm": b"\x7fELF\x02\x01\x01",
    "mac32.dcm": b"\xce\xfa\xed\xfe",
    "mac64.dcm": b"\xcf\xfa\xed\xfe",
    "mac_big.dcm": b"\xfe\xed\xfa\xcf",
    "universal.dcm": b"\xca\xfe\xba\xbe",
}


def test_a_program_in_the_preamble_is_rejected_kept_and_not_run(daemon, tmp_path):
    canary = tmp_path / "run"
    begin = PROGRAMS | {"script.dcm": f"#!/bin/sh\ntouch {canary}\nexit\n".encode()[:128]}
    begin["sound.dcm"] = b"II*\0"  # a TIFF in the preamble is what it is there for
    dataset = image(np.zeros((9, 9), np.uint8))
    named = {name: to_bytes(dataset, preamble=start.ljust(128, b"\0")) for name, start in begin.items()}

    found = daemon.answers("programs", named, mode=0o755)

    assert found.pop("sound.dcm")["outcome"] == "classified"
    assert len(found) == 7
    for name, row in found.items():
        stored = daemon.stored(row)
        assert (row["outcome"], row["error_code"]) == ("rejected", "executable_preamble"), name
        assert stored.stat().st_mode & 0o777 == 0o600
        assert stored.read_bytes() == named[name]
    assert not canary.exists()
