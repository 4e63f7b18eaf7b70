import pytest

from model.network_shape import NetworkShape, read_shape


def test_a_release_that_states_nothing_is_one_of_the_first():
    assert read_shape(None) == NetworkShape("gap", 224, 7, ())


def test_what_is_written_is_read():
    shape = NetworkShape("place", 448, 28, ("hand", "leg"))

    assert read_shape(shape.as_plain()) == shape


@pytest.mark.parametrize(
    "change",
    [
        {"head": "flatten"},
        {"input_size": 225},
        {"input_size": 0},
        {"input_size": 4096},
        {"input_size": "224"},
        {"input_size": 224.0},
        {"map_size": 13},
        {"map_size": 0},
        {"map_size": True},
        {"regions": [1]},
        {"regions": None},
    ],
)
def test_what_no_network_has_is_refused(change):
    with pytest.raises((ValueError, TypeError)):
        read_shape(NetworkShape("place", 224, 14).as_plain() | change)
