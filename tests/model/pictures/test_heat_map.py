import io

import numpy as np
import pytest
from PIL import Image

from model.pictures.heat_map import (
    LEGEND,
    LEGEND_OF_ABSTAINED,
    LEGEND_OF_NOTHING,
    colours_of,
    draw_map,
    lay_over,
    raises_anywhere,
    read_map,
    spread_map,
)
from model.reading.network_input import INPUT_SIZE
from model.reading.preprocess import preprocess

CELL = INPUT_SIZE // 7
SIZES = [(300, 200), (200, 300), (1000, 400), (401, 997), (224, 224), (100, 100), (97, 61), (2140, 1760)]


def map_of(square):
    """Give a map that says what each cell of the network's input holds."""
    return square.reshape(7, CELL, 7, CELL).mean(axis=(1, 3)) / 65535.0


@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.2, 0.7), (0.85, 0.3), (0.1, 0.1)])
def test_a_mark_comes_back_to_where_it_was_drawn(rows, columns, place):
    """The centre of mass is that of the mark, to a small part of a cell, whatever shape the picture has."""
    y, x = place[0] * rows, place[1] * columns
    half = 0.05 * max(rows, columns)
    picture = np.zeros((rows, columns), np.uint16)
    picture[max(int(y - half), 0) : int(y + half) + 1, max(int(x - half), 0) : int(x + half) + 1] = 65535
    marked = np.argwhere(picture).mean(axis=0)

    evidence = spread_map(map_of(preprocess(picture)), rows, columns)

    top = np.unravel_index(evidence.argmax(), evidence.shape)
    cell = max(rows, columns) / 7
    assert np.abs(np.array(top) - marked).max() <= cell * 0.75
    if 0.3 < place[0] < 0.8 and 0.3 < place[1] < 0.8:
        centre = np.argwhere(evidence > 0).T @ evidence[evidence > 0] / evidence.sum()
        assert np.abs(centre - marked).max() < cell * 0.05


@pytest.mark.parametrize(("rows", "columns"), SIZES)
@pytest.mark.parametrize("cell", [(3, 3), (2, 4), (4, 2)])
def test_a_cell_is_strongest_over_the_pixels_that_it_saw(rows, columns, cell):
    heat_map = np.zeros((7, 7))
    heat_map[cell] = 1.0

    evidence = spread_map(heat_map, rows, columns)

    numbers = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns)
    row_of, column_of = np.divmod(numbers, columns)
    seen = [
        preprocess(((values + 0.5) / size * 60000).astype(np.uint16)).astype(np.float64) / 60000 * size
        for values, size in ((row_of, rows), (column_of, columns))
    ]
    middle = (slice(CELL * cell[0] + CELL // 2 - 1, CELL * cell[0] + CELL // 2 + 1),
              slice(CELL * cell[1] + CELL // 2 - 1, CELL * cell[1] + CELL // 2 + 1))  # fmt: skip
    expected = [seen[axis][middle].mean() for axis in (0, 1)]
    peak = np.argwhere(evidence >= evidence.max() - 1e-6).mean(axis=0) + 0.5
    if seen[0][middle].min() > 0.0 and seen[1][middle].min() > 0.0:  # else the cell saw padding
        assert np.abs(peak - expected).max() <= max(rows, columns) / INPUT_SIZE + 1.0


def test_a_plane_of_evidence_stays_a_plane():
    """What is linear in the input is linear in the picture, at the same places."""
    heat_map = np.repeat(np.arange(7.0)[None], 7, axis=0)

    evidence = spread_map(heat_map, 448, 448)

    expected = np.clip((np.arange(448) + 0.5) / 64.0 - 0.5, 0.0, 6.0)
    np.testing.assert_allclose(evidence, np.repeat(expected[None], 448, axis=0), atol=1e-5)


def test_where_evidence_is_not_positive_the_picture_is_as_it_was():
    picture = np.random.default_rng(0).integers(0, 65536, (300, 200), dtype=np.uint16)
    heat_map = np.full((7, 7), -2.0)
    heat_map[1, 3] = 4.0

    drawn = lay_over(picture, heat_map)[:300, :200]

    grey = np.repeat(((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)[..., None], 3, axis=2)
    evidence = spread_map(heat_map, 300, 200)
    np.testing.assert_array_equal(drawn[evidence <= 0], grey[evidence <= 0])
    assert (drawn[evidence > 1.0] != grey[evidence > 1.0]).any(axis=1).mean() > 0.95


def test_no_evidence_draws_nothing():
    picture = np.full((64, 300), 30000, np.uint16)

    drawn = lay_over(picture, np.zeros((7, 7)))[:64]

    assert len(np.unique(drawn)) == 1


def test_weak_evidence_is_drawn_weakly():
    picture, heat_map = np.full((100, 300), 30000, np.uint16), np.zeros((7, 7))
    heat_map[3, 3] = 1.0

    weak, strong = (
        np.ptp(lay_over(picture, heat_map * by)[:100, :300].astype(int), axis=2).max() for by in (0.05, 1.0)
    )

    assert weak < strong / 5


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3000, 40)])
def test_pictures_of_any_shape_are_drawn_at_full_size(size):
    drawn = lay_over(np.full(size, 65535, np.uint16), np.zeros((7, 7)))

    assert drawn.dtype == np.uint8
    assert drawn.shape[0] > size[0]
    assert drawn.shape[1] >= size[1]
    assert (drawn[: size[0], : size[1]] == 255).all()


def test_brighter_is_more():
    light = colours_of(np.linspace(0.0, 1.0, 50)[None]).astype(float) @ [0.2126, 0.7152, 0.0722]

    assert (np.diff(light[0]) > 0).all()


def test_the_legend_promises_no_fracture():
    assert "score" in LEGEND
    assert "fracture" not in LEGEND


def test_the_legend_of_what_was_abstained_is_another():
    picture, evidence = np.full((90, 300), 20000, np.uint16), np.eye(7) * 9
    usual, abstained = (lay_over(picture, evidence, *legend) for legend in ((), (LEGEND_OF_ABSTAINED,)))
    assert np.array_equal(usual[:90], abstained[:90])
    assert not np.array_equal(usual[90:], abstained[90:])


def test_a_map_that_has_nothing_for_any_place_says_so():
    """Break it: promise what raised the score below a picture on which nothing is drawn."""
    picture, nowhere = np.full((90, 300), 20000, np.uint16), np.full((7, 7), -1.0)
    assert [raises_anywhere(one) for one in (nowhere, np.zeros((7, 7)), np.eye(7))] == [False, False, True]
    assert np.array_equal(lay_over(picture, nowhere), lay_over(picture, nowhere, LEGEND_OF_NOTHING))
    assert not np.array_equal(lay_over(picture, nowhere), lay_over(picture, np.zeros((7, 7)), "x"))


def test_a_map_alone_is_opaque_where_it_is_greatest_and_clear_where_it_is_not_positive():
    heat_map = np.full((7, 7), -2.0)
    heat_map[3, 5] = 4.0
    drawn = np.asarray(Image.open(io.BytesIO(draw_map(heat_map, 70))))
    opacity = drawn[..., 3]
    assert drawn.shape == (70, 70, 4)
    assert np.unravel_index(opacity.argmax(), opacity.shape) in {(34, 54), (34, 55), (35, 54), (35, 55)}
    assert (opacity[:, :40] == 0).all()


def test_a_map_is_read_as_predictions_hold_it():
    heat_map = np.random.default_rng(0).normal(size=(7, 7)).astype("<f4")

    np.testing.assert_array_equal(read_map(heat_map.tobytes()), heat_map)
    with pytest.raises(ValueError, match="reshape"):
        read_map(b"\0" * 40)
