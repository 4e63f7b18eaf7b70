import sys

import pytest

from model.decoders.registry import ENCAPSULATED, find_decoder
from model.errors import UnsupportedTransferSyntax


def test_every_transfer_syntax_has_its_decoder():
    assert len(ENCAPSULATED) == len([find_decoder(uid) for uid in ENCAPSULATED])


@pytest.mark.parametrize("uid", [None, "", "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.99"])
def test_others_are_unsupported(uid):
    with pytest.raises(UnsupportedTransferSyntax):
        find_decoder(uid)


def test_a_codec_that_is_not_installed_is_unsupported_until_it_is(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("model.decoders.jpeg_ls")]:
        monkeypatch.delitem(sys.modules, name)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "imagecodecs", None)
        with pytest.raises(UnsupportedTransferSyntax):
            find_decoder("1.2.840.10008.1.2.4.80")

    assert find_decoder("1.2.840.10008.1.2.4.80").__name__ == "decode_jpeg_ls"
