import numpy as np
import pytest

from model.reading.decode import Frame
from model.reading.display import Display
from tests.peers.comparison import OF_ROUNDING, _differences
from tests.peers.web_viewers import PeerFrame

GREY = Display("MONOCHROME2", 12, 11, is_signed=True)
COLOUR = Display("RGB", 8, 7, is_display_ready=True)


def test_stored_values_are_compared_by_the_bits_that_count_with_their_sign():
    ours = np.array([[-1, 5], [2047, -2048]], np.int16)
    theirs = np.array([[0xFFFF, 5], [2047, 0x0800]], np.int64)  # extended or not, with rubbish above

    assert (_differences(Frame(ours, GREY), PeerFrame(0, "stored", theirs)) == 0).all()
    found = _differences(Frame(ours, GREY), PeerFrame(0, "stored", theirs + 1))
    assert found[0, 1] == 1


def test_colours_are_compared_as_grey_but_for_rounding():
    ours = np.random.default_rng(1).integers(0, 256, (8, 9, 3)).astype(np.uint8)
    near, far = ours.astype(np.int64) + OF_ROUNDING, ours.astype(np.int64) + OF_ROUNDING + 2

    assert (_differences(Frame(ours, COLOUR), PeerFrame(0, "rgb", near)) == 0).all()
    assert (_differences(Frame(ours, COLOUR), PeerFrame(0, "rgb", far)) > 0).all()


@pytest.mark.parametrize("kind", ["stored", "rgb"])
def test_pictures_of_two_shapes_have_no_difference(kind):
    ours = np.zeros((4, 5), np.uint16)

    assert _differences(Frame(ours, GREY), PeerFrame(0, kind, np.zeros((5, 4), np.int64))) is None
