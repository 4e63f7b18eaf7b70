"""What a child does for an export: one file out, or none and a reason.

Break it: write the file although there are signs of text in it.
"""

import errno
import os

import pytest

from daemon.decoding.deidentify import deidentify_file
from daemon.decoding.messages import DeidentifyRequest
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.opened import pictures_in, with_file
from tests.support.pictures import pixels, png_bytes


def made(folder, data, *, takes_signs=False, opened=None):
    (folder / "scan").write_bytes(data)
    request = DeidentifyRequest(b"", b"k" * 32, "a test", takes_signs)
    return with_file(
        deidentify_file, os.fsencode(folder / "scan"), LIMITS, request, opened or pictures_in(folder)
    )


def test_a_file_is_written_without_the_name(tmp_path):
    found = made(tmp_path, native(pixels(1), PatientName="Doe^Jane"))
    assert (found.outcome, found.warnings) == (None, ())
    assert b"Doe" not in (tmp_path / "0001.png").read_bytes()


def test_what_may_have_text_in_it_is_written_only_if_that_is_wanted(tmp_path):
    data = native(pixels(1), BurnedInAnnotation="YES")
    assert made(tmp_path, data).warnings == ("burned_in_stated",)
    assert not (tmp_path / "0001.png").exists()
    assert made(tmp_path, data, takes_signs=True).warnings == ("burned_in_stated",)
    assert (tmp_path / "0001.png").exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [(png_bytes(1), "unknown_format"), (native(pixels(1))[:-9], "truncated"), (b"", "unknown_format")],
    ids=["PNG", "cut", "empty"],
)
def test_what_cannot_be_made_has_its_code(tmp_path, data, code):
    assert made(tmp_path, data).error_code == code


def test_a_full_disk_is_a_code_of_its_own(tmp_path):
    def full(_):
        raise OSError(errno.ENOSPC, "")

    found = made(tmp_path, native(pixels(1)), opened=full)
    assert (found.error_code, found.warnings) == ("cannot_write", ("ENOSPC",))
