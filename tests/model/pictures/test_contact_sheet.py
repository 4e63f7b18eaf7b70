import io

import numpy as np
from PIL import Image

from model.pictures.contact_sheet import Tile, contact_sheet


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def flat(value, rows=50, columns=50):
    return np.full((rows, columns), value * 257, np.uint16)


def test_pictures_stand_in_reading_order():
    sheet = opened(contact_sheet([Tile(flat(value)) for value in (250, 90, 170)], columns=2, side=40))

    assert sheet.shape == (4 + 2 * 44 + 4, 4 + 2 * 44)
    assert [sheet[20, 20], sheet[20, 64], sheet[64, 20]] == [250, 90, 170]
    assert sheet[64, 64] == sheet[0, 0]  # no fourth picture, so paper


def test_a_portrait_keeps_its_aspect():
    sheet = opened(contact_sheet([Tile(flat(250, rows=80, columns=40))], columns=1, side=40))

    assert [sheet[4 + 20, 4 + column] for column in (2, 20, 37)] == [0, 250, 0]


def test_lines_stand_under_their_picture_and_do_not_reach_the_next():
    tiles = [Tile(flat(0), ("a line that is far longer than its picture is wide", "b")), Tile(flat(0))]

    sheet = opened(contact_sheet(tiles, columns=2, side=60))

    under = sheet[4 + 60 : 4 + 60 + 26]
    assert (under[:, 4:64] > 100).any()
    assert not (under[:, 64:] > 100).any()


def test_a_title_stands_above_and_no_pictures_are_no_error():
    sheet = opened(contact_sheet([], "worst mistakes"))

    assert (sheet > 200).any()
