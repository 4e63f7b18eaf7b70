"""Small data sets are written and read as pydicom does, and what is cut is refused."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filereader import read_dataset

from daemon.network.receiving.elements import (
    MalformedMessage,
    explicit,
    implicit,
    number_of,
    read_elements,
    sequence,
    uid_in,
    uid_of,
)


@pytest.mark.parametrize("is_explicit", [True, False])
def test_pydicom_reads_what_is_written(is_explicit):
    write = (lambda tag, value: explicit(tag, b"UI", value)) if is_explicit else implicit
    item = write(0x00081150, b"1.2") + write(0x00081155, b"1.2.3")
    data = write(0x00081195, b"9.8.7") + sequence(0x00081199, [item, item], is_explicit=is_explicit)

    read = read_dataset(BytesIO(data), is_implicit_VR=not is_explicit, is_little_endian=True)

    assert read.TransactionUID == "9.8.7"
    assert [one.ReferencedSOPInstanceUID for one in read.ReferencedSOPSequence] == ["1.2.3", "1.2.3"]
    ours = read_elements(data, is_explicit=is_explicit)
    assert uid_of(ours, 0x00081195) == "9.8.7"
    assert [uid_of(one, 0x00081155) for one in ours[0x00081199]] == ["1.2.3", "1.2.3"]


def test_long_and_short_lengths_are_written():
    assert explicit(0x00020001, b"OB", b"\0\1") == b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\1"
    assert explicit(0x00020010, b"UI", b"1.2") == b"\x02\0\x10\0UI\x04\x001.2\0"
    assert explicit(0x00020016, b"AE", b"CT1") == b"\x02\0\x16\0AE\x04\x00CT1 "


def test_undefined_lengths_are_followed():
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + implicit(0x00081155, b"1.2") + b"\xfe\xff\x0d\xe0\0\0\0\0"
    data = b"\x08\0\x99\x11\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0\0\0\0\0" + implicit(0x00090001, b"x")

    read = read_elements(data, is_explicit=False)

    assert uid_of(read[0x00081199][0], 0x00081155) == "1.2"
    assert read[0x00090001] == b"x\0"


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0",
        implicit(0x00080016, b"1.2.3")[:-1],
        b"\x08\0\x99\x11\x10\0\0\0" + b"\0" * 4,
        b"\x08\0\x99\x11\x08\0\0\0\xfe\xff\x00\xe0\x10\0\0\0",
        b"\x08\0\x99\x11\x08\0\0\0" + implicit(0x00080016, b""),
        b"\xfe\xff\xdd\xe0\0\0\0\0" + implicit(0x00080016, b"1"),
        (b"\x08\0\x99\x11\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff") * 50,
    ],
    ids=["head", "value", "sequence", "item", "no-item", "stray-end", "too-deep"],
)
def test_what_is_cut_or_too_deep_is_refused(data):
    with pytest.raises(MalformedMessage):
        read_elements(data, is_explicit=False)


@given(st.binary(max_size=200), st.booleans())
def test_nothing_else_is_raised_whatever_comes(data, is_explicit):
    with suppress(MalformedMessage):
        read_elements(data, is_explicit=is_explicit)


def test_only_what_is_a_uid_is_one():
    assert uid_in(b"1.2.3\0") == "1.2.3"
    assert uid_in(b"1.2/../3") is uid_in(b"") is uid_in(b"1" * 65) is None
    assert number_of({1: b"\x07\0"}, 1) == 7
    assert number_of({1: b"\x07"}, 1) is number_of({1: []}, 1) is uid_of({1: []}, 1) is None
