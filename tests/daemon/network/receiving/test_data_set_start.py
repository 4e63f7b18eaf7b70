"""The first elements say whether a data set is that of its command."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.network.receiving.commands import Status
from daemon.network.receiving.data_set_start import LOOKED_AT, judge_start
from tests.support.dicom_peer import CR, EXPLICIT, IMPLICIT, data_set

BIG_ENDIAN, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"


def judged(start, syntax=EXPLICIT, sop_class=CR, uid="1.2.3"):
    return judge_start(start[:LOOKED_AT], syntax, sop_class, uid)


def big_endian(uid):
    parts = b""
    for tag, value in ((0x00080016, CR.encode()), (0x00080018, uid.encode()), (0x00080060, b"CR")):
        even = value + b"\0" * (len(value) % 2)
        parts += struct.pack(">HH2sH", tag >> 16, tag & 0xFFFF, b"UI", len(even)) + even
    return parts


def deflated(data):
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


@pytest.mark.parametrize(
    ("start", "syntax"),
    [
        (data_set(), EXPLICIT),
        (data_set(is_explicit=False), IMPLICIT),
        (big_endian("1.2.3"), BIG_ENDIAN),
        (deflated(data_set()), DEFLATED),
        (data_set(pixels=bytes(2 * LOOKED_AT)), EXPLICIT),
    ],
)
def test_a_data_set_of_the_command_is_taken(start, syntax):
    assert Status.SUCCESS is judged(start, syntax)


@pytest.mark.parametrize("wrong", [{"uid": "1.2.4"}, {"sop_class": "1.2.840.10008.5.1.4.1.1.2"}])
def test_another_instance_or_class_does_not_match(wrong):
    assert Status.DOES_NOT_MATCH is judged(data_set(), **wrong)
    assert Status.DOES_NOT_MATCH is judged(deflated(data_set()), DEFLATED, **wrong)
    assert Status.DOES_NOT_MATCH is judged(b"\x08\0\x60\0CS\2\0CR")  # it names neither


@pytest.mark.parametrize(
    "start",
    [b"", b"no data set at all", b"\x02\0\x10\0UI\x02\x001\0", data_set()[:30], b"\x89PNG" * 10],
    ids=["empty", "text", "meta", "cut", "png"],
)
def test_what_is_no_data_set_cannot_be_understood(start):
    assert Status.CANNOT_UNDERSTAND is judged(start)
    assert Status.CANNOT_UNDERSTAND is judged(start, DEFLATED)


def test_what_the_start_does_not_tell_is_let_pass():
    sequence = b"\x08\0\x06\0SQ\0\0\xff\xff\xff\xff" + bytes(100)
    assert Status.SUCCESS is judged(sequence)


@given(st.binary(max_size=100), st.sampled_from([EXPLICIT, IMPLICIT, BIG_ENDIAN, DEFLATED]))
def test_it_answers_whatever_comes(start, syntax):
    assert judged(start, syntax) in (Status.SUCCESS, Status.DOES_NOT_MATCH, Status.CANNOT_UNDERSTAND)
