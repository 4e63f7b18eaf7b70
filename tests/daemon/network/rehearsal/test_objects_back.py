"""An object is in order if it came back as it was and nobody finds fault with it."""

import pytest

from daemon.network.rehearsal.objects_back import data_set, is_good
from tests.support.dicom_files import image, to_bytes
from tests.support.pictures import pixels

GOOD = {
    "fetched": True,
    "state": "confirmed",
    "dciodvfy": "good",
    "dcentvfy": "not installed",
    "read": "good",
    "shown": "-",
}


def test_one_that_is_in_order_is_good():
    assert is_good(GOOD)


@pytest.mark.parametrize(
    "fault",
    [
        {"fetched": False},
        {"state": "waiting"},
        {"state": "refused"},
        {"dciodvfy": "1 error"},
        {"read": "refused"},
        {"shown": "negative"},
        {"dcentvfy": ""},
    ],
)
def test_one_fault_is_enough(fault):
    assert not is_good(GOOD | fault)


def test_an_archive_may_write_the_file_meta_information_anew():
    made = to_bytes(image(pixels(1), SOPInstanceUID="1.2.3"))
    other = to_bytes(image(pixels(1), SOPInstanceUID="1.2.3"), preamble=b"x" * 128)
    assert data_set(made) == data_set(other)
    assert data_set(made) != data_set(to_bytes(image(pixels(2), SOPInstanceUID="1.2.3")))
