"""Radiographs of nobody: alike for one number, different for two, and read as what they are."""

import hashlib

import pytest

from model.errors import ModelError
from model.reading.prepare import open_pictures
from model.synthetic.radiographs import COLUMNS, ROWS, specimen


def test_a_number_gives_its_own_bytes_again():
    made = [hashlib.sha256(specimen(seed)[1]).hexdigest() for seed in range(30)]
    assert made == [hashlib.sha256(specimen(seed)[1]).hexdigest() for seed in range(30)]
    assert len(set(made)) == 30


def test_eight_of_ten_are_pictures_and_two_are_not():
    shapes = []
    for seed in range(10):
        suffix, data = specimen(seed)
        if seed in (6, 9):
            with pytest.raises(ModelError):
                list(open_pictures(data))
        else:
            shapes += [(suffix, picture.shape) for picture in open_pictures(data)]
    assert shapes == [(".dcm", (ROWS, COLUMNS))] * 6 + [(".png", (ROWS, COLUMNS))] * 2
