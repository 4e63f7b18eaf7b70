import pytest

from model.reading.signatures import Signature, begins_like_a_program, may_become_known, recognise


@pytest.mark.parametrize(
    ("head", "signature"),
    [
        (b"\x89PNG\r\n\x1a\n rest", Signature.PNG),
        (b"\xff\xd8\xff\xe0", Signature.JPEG),
        (bytes(128) + b"DICM", Signature.DICOM),
        (b"II*\x00" + bytes(124) + b"DICM", Signature.DICOM),
        (b"\x02\x00\x00\x00UL\x04\x00", Signature.BARE_DICOM),
        (b"\x08\x00\x05\x00CS\x0a\x00", Signature.BARE_DICOM),
        (b"\x08\x00\x00\x00\x04\x00\x00\x00", Signature.BARE_DICOM),
        (b"\x00\x08\x00\x05CS\x00\x0a", Signature.BARE_DICOM),
        (b"\x08\x00\x00\x00\x05\x00\x00\x00", Signature.UNKNOWN),
        (b"\x08\x00\x00\x00\x06\x00\x00\x00", Signature.UNKNOWN),
        (b"\x08\x00\x05\x00??\x0a\x00", Signature.UNKNOWN),
        (b"\x08\x00", Signature.UNKNOWN),
        (b"II*\x00" + bytes(156), Signature.UNKNOWN),
        (b"GIF89a" + bytes(150), Signature.UNKNOWN),
        (b"%PDF-1.7", Signature.UNKNOWN),
        (b"", Signature.UNKNOWN),
    ],
)
def test_the_first_bytes_tell_the_format(head, signature):
    assert signature == recognise(head)


@pytest.mark.parametrize(
    "head",
    [
        b"MZ\x90",
        b"\x7fELF\x02",
        b"#!/bin/sh\n",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\xfe\xed\xfa\xce",
    ],
)
def test_programs_are_told(head):
    assert begins_like_a_program(head + bytes(124))


@pytest.mark.parametrize("head", [bytes(128), b"II*\x00", b"MM\x00*", b"DICM"])
def test_harmless_preambles_are_no_programs(head):
    assert not begins_like_a_program(head)


@pytest.mark.parametrize(
    ("head", "may"),
    [
        (b"\x89PN", True),
        (b"\xff", True),
        (b"\xff\xd8", True),
        (bytes(160), True),
        (b"\x00", True),
        (b"hello", False),
        (b"II" * 64 + b"DI", True),
        (b"II" * 64 + b"DX", False),
    ],
)
def test_a_beginning_that_may_yet_become_ours(head, may):
    assert may == may_become_known(head)
