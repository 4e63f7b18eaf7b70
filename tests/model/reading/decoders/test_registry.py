import sys

import pytest
from pydicom.uid import AllTransferSyntaxes

from model.errors import UnsupportedTransferSyntax
from model.reading.decoders.registry import ENCAPSULATED, NATIVE, find_decoder
from tests.support.forgotten import forget_modules


def test_every_transfer_syntax_has_its_decoder():
    assert len(ENCAPSULATED) == len([find_decoder(uid) for uid in ENCAPSULATED])


PART_2 = ("1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93")  # multi-component transformations
VIDEO = ("1.2.840.10008.1.2.7.", *(f"1.2.840.10008.1.2.4.{last}" for last in range(100, 109)))
ELSEWHERE = tuple(f"1.2.840.10008.1.2.4.{last}" for last in (94, 95, 204, 205))
NO_CODEC = tuple(f"1.2.840.10008.1.2.4.{last}" for last in range(58, 67))  # arithmetic lossless, hierarchical


@pytest.mark.parametrize("uid", [None, "", "1.2.840.10008.1.2.4.99", *PART_2, *VIDEO, *ELSEWHERE, *NO_CODEC])
def test_others_are_unsupported(uid):
    with pytest.raises(UnsupportedTransferSyntax):
        find_decoder(uid)


def test_every_transfer_syntax_of_still_images_is_read():
    """All that pydicom knows, but those of video, and of pixels that are not in the file."""
    unread = {str(uid) for uid in AllTransferSyntaxes} - NATIVE - ENCAPSULATED

    assert [uid for uid in unread if not uid.startswith((*PART_2, *VIDEO, *ELSEWHERE))] == []


def test_a_codec_that_is_not_installed_is_unsupported_until_it_is(monkeypatch):
    forget_modules(monkeypatch, "model.reading.decoders.jpeg_ls")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "imagecodecs", None)
        with pytest.raises(UnsupportedTransferSyntax):
            find_decoder("1.2.840.10008.1.2.4.80")

    assert find_decoder("1.2.840.10008.1.2.4.80").__name__ == "decode_jpeg_ls"
