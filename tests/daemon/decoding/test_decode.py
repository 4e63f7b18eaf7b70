import hashlib
import os
import threading
from dataclasses import replace

import numpy as np
import pytest

from daemon.decoding import decode
from daemon.decoding.answer_format import write_decoded
from daemon.decoding.tries import ordinary
from daemon.spool.file_state import look_at
from model.reading.completeness import Completeness
from model.reading.eligibility import Eligibility
from tests.support.bombs import black_png, deflate_stream, deflated_file, deflated_text, million_scans
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.opened import by_path
from tests.support.pictures import dicom_bytes, png_bytes

decode_file, examine_file, hash_file = map(
    by_path, (decode.decode_file, decode.examine_file, decode.hash_file)
)


def put(folder, data, name="a"):
    (folder / name).write_bytes(data)
    return os.fsencode(folder / name)


def test_what_is_hashed_is_what_is_decoded(tmp_path):
    path = put(tmp_path, dicom_bytes(1, Modality="DX", PatientID="4711"))
    decoded = decode_file(path, LIMITS)
    assert (decoded.outcome, decoded.error_code) == (None, None)
    assert hashlib.sha256(dicom_bytes(1, Modality="DX", PatientID="4711")).hexdigest() == decoded.sha256
    assert look_at(path) == decoded.look
    assert (decoded.header.modality, decoded.header.patient_id, decoded.header.frames) == ("DX", "4711", 1)
    assert (decoded.inputs.shape, decoded.inputs.dtype) == ((1, 224, 224), "uint16")
    assert {"read", "hash", "decode"} == decoded.durations.keys()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_file"), (b"hello there", "unknown_format"), (png_bytes(1)[:300], "truncated")],
)
def test_bad_files_have_their_code_and_their_hash(tmp_path, data, code):
    decoded = decode_file(put(tmp_path, data), LIMITS)
    assert ("failed", code, None) == (decoded.outcome, decoded.error_code, decoded.inputs)
    assert hashlib.sha256(data).hexdigest() == decoded.sha256


@pytest.mark.parametrize("may_start", [True, False])
@pytest.mark.parametrize("ending", [b"", b"cut"])
def test_a_large_file_is_hashed_beside_decoding_or_before_it_where_no_thread_may_start(
    tmp_path, monkeypatch, may_start, ending
):
    data = native(np.zeros((1100, 1000), np.uint16)) if not ending else bytes(1 << 20) + ending
    begun = []
    start = threading.Thread.start

    def started(thread):
        begun.append(thread.name)
        if not may_start:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", started)
    decoded = decode_file(put(tmp_path, data), LIMITS)

    assert begun == ["hash"]
    assert decoded.sha256 == hashlib.sha256(data).hexdigest()
    assert (decoded.outcome is None) == (not ending)


def test_a_hash_for_which_the_memory_was_lacking_is_made_once_there_is_some(tmp_path, monkeypatch):
    """Break it: return what the thread left. A file whose pixels need all memory has an empty hash."""
    data = bytes(1 << 20)
    made = []

    def lacking(content):
        made.append(threading.current_thread().name)
        if len(made) == 1:
            raise MemoryError
        return sha256(content)

    sha256 = hashlib.sha256
    monkeypatch.setattr(decode.hashlib, "sha256", lacking)
    decoded = decode_file(put(tmp_path, data), LIMITS)

    assert decoded.sha256 == sha256(data).hexdigest()
    assert made == ["hash", threading.current_thread().name]


def test_a_header_survives_the_failure_of_its_pixels(tmp_path):
    decoded = decode_file(put(tmp_path, dicom_bytes(1, BitsStored=99)), LIMITS)
    assert decoded.outcome == "failed"
    assert decoded.header.rows == 96


def test_what_is_not_for_the_network_is_rejected_before_its_pixels(tmp_path):
    limits = replace(LIMITS, eligibility=Eligibility(exclude_modalities=frozenset({"US"})))
    decoded = decode_file(put(tmp_path, dicom_bytes(1, Modality="US", PatientID="4711")), limits)
    assert (decoded.outcome, decoded.error_code, decoded.inputs) == ("rejected", "excluded_modality", None)
    assert (decoded.header.modality, decoded.header.patient_id) == ("US", "4711")
    assert decode_file(put(tmp_path, dicom_bytes(1)), limits).outcome is None


@pytest.mark.parametrize(("excluded", "code"), [("US", None), ("CR", "excluded_modality")])
def test_a_header_of_many_megabytes_stays_in_the_child(tmp_path, excluded, code):
    """Break it: answer with the header as it was read. 90 KB in the inbox are 90 MB in the daemon then."""
    path = put(tmp_path, deflated_text(90))
    limits = replace(LIMITS, eligibility=Eligibility(exclude_modalities=frozenset({excluded})))
    decoded = decode_file(path, limits)

    assert (decoded.error_code, decoded.header.patient_id) == (code, "A" * 1024)
    assert decoded.look.size < 100_000
    text, array = write_decoded(decoded)
    assert (len(text) < 10_000, len(array)) == (True, 0 if code else 100_352)


def test_a_header_is_cut_after_it_was_asked_whether_the_scan_is_for_the_network(tmp_path):
    """Break it: cut the header where it is read."""
    kinds = ["ORIGINAL", "PRIMARY", *["OTHER"] * 100, "LOCALIZER"]
    path = put(tmp_path, dicom_bytes(1, ImageType=kinds))
    limits = replace(LIMITS, eligibility=Eligibility(takes_localizers=False))

    assert decode_file(path, limits).error_code == "excluded_presentation"
    assert decode_file(path, LIMITS).header.image_type == tuple(kinds[:64])


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path):
    decoded = decode_file(put(tmp_path, bytes(1001)), replace(LIMITS, max_file_bytes=1000))
    assert (decoded.error_code, decoded.sha256, decoded.look.size) == ("too_large", None, 1001)


def test_a_disk_that_cannot_be_read_is_an_answer_too():
    """A regular file whose first page is not there: reading it gives EIO."""
    assert decode_file(b"/proc/self/mem", LIMITS).error_code == "unreadable"


def test_hashing_alone(tmp_path):
    decoded = hash_file(put(tmp_path, b"anything"), LIMITS)
    assert (None, hashlib.sha256(b"anything").hexdigest(), 8) == (
        decoded.error_code,
        decoded.sha256,
        decoded.look.size,
    )


def test_structure_of_what_lies_in_the_inbox(tmp_path):
    whole, cut = put(tmp_path, png_bytes(1), "whole"), put(tmp_path, dicom_bytes(1)[:-2], "cut")
    assert (look_at(whole), Completeness.COMPLETE) == examine_file(whole, LIMITS)
    assert (look_at(cut), Completeness.INCOMPLETE) == examine_file(cut, LIMITS)


@pytest.mark.parametrize(
    ("data", "is_for_slow_lane"),
    [
        (black_png(5000), True),
        (black_png(8001), False),
        (deflated_file(deflate_stream(112)), True),
        (deflated_file(deflate_stream(1024)), False),
        (million_scans(), False),
        (bytes((1 << 26) + 1), False),
    ],
    ids=["25_mp", "64_mp", "inflates", "inflates_far", "scans", "file"],
)
def test_what_no_lane_can_change_is_final(tmp_path, data, is_for_slow_lane):
    first = replace(ordinary(LIMITS), processor_s=None, deadline_s=100)  # its end is that of the tests
    decoded = decode_file(put(tmp_path, data), first)

    assert ("too_large", is_for_slow_lane) == (decoded.error_code, decoded.is_for_slow_lane)


def test_in_the_slow_lane_all_is_final(tmp_path):
    decoded = decode_file(put(tmp_path, black_png(8001)), LIMITS)

    assert (decoded.error_code, decoded.is_for_slow_lane) == ("too_large", False)


@pytest.mark.parametrize(
    ("black", "code", "warnings"),
    [(24, None, ("ends_in_zeros",)), (400, "truncated", ())],
    ids=["border", "half"],
)
def test_a_hole_that_may_be_a_border_is_warned_of_and_a_larger_one_fails(tmp_path, black, code, warnings):
    """Break it: let any hole count. A whole picture fails for ever once it was copied with holes."""
    pixels = np.random.default_rng(1).integers(1, 4096, (1200, 500), dtype=np.uint16)
    pixels[-black:] = 0
    data = native(pixels)
    path = put(tmp_path, data[: len(data) - black * 1000])
    os.truncate(path, len(data))

    decoded = decode_file(path, replace(LIMITS, trusts_holes=True))
    assert (decoded.error_code, decoded.warnings) == (code, warnings)
