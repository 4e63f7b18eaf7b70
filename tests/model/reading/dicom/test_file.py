import pytest

from model.errors import TooLarge
from model.reading.dicom.file import open_dicom
from model.reading.limits import Limits
from tests.support.bombs import deflate_stream, deflated_file


@pytest.mark.parametrize("behind", [b"", b"\0", b"\xff" * (1 << 20)], ids=["nothing", "pad", "rubbish"])
def test_what_lies_behind_a_deflate_stream_is_not_waited_for(behind):
    """PS3.5 A.5 asks for a null byte where the length is odd. Break it: count on behind the stream's end."""
    bomb = deflated_file(deflate_stream(160) + behind)

    with pytest.raises(TooLarge) as refused:
        open_dicom(bomb, Limits(max_inflated_bytes=100 << 20))
    assert refused.value.inflated_bytes == 160 << 20
