import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.pictures.evidence_region import MOST_REGIONS, SHARE, outline_evidence
from model.pictures.heat_map import spread_map
from tests.support.dicom_results import heat_map


def middle(outline):
    return (outline.min(axis=0) + outline.max(axis=0)) / 2


def test_an_outline_lies_where_the_evidence_does_and_is_closed():
    (outline,) = outline_evidence(heat_map(1, 5), 700, 700, 1.0)
    assert outline[0].tolist() == outline[-1].tolist()
    np.testing.assert_allclose(middle(outline), [550, 150], atol=4)  # column, row


@pytest.mark.parametrize(("rows", "columns"), [(1400, 700), (350, 700), (2000, 3000)])
def test_it_holds_what_has_half_of_the_greatest_evidence_in_pictures_of_any_shape(rows, columns):
    """Break it: leave the letterbox in."""
    row, column = 3, 3
    (outline,) = outline_evidence(heat_map(row, column), rows, columns, 1.0)
    evidence = spread_map(heat_map(row, column), rows, columns)
    within = np.argwhere(evidence >= SHARE * evidence.max())[:, ::-1] + 0.5
    np.testing.assert_allclose(outline.min(axis=0), within.min(axis=0), atol=max(rows, columns) / 200)
    np.testing.assert_allclose(outline.max(axis=0), within.max(axis=0), atol=max(rows, columns) / 200)


def test_pixels_that_are_not_square_are_counted_as_they_are_stored():
    """A picture of half the rows, each twice as high, is the same picture."""
    (square,) = outline_evidence(heat_map(1, 4), 800, 600, 1.0)
    (high,) = outline_evidence(heat_map(1, 4), 400, 600, 2.0)
    np.testing.assert_allclose(middle(high) * [1, 2], middle(square), atol=3)
    (wide,) = outline_evidence(heat_map(1, 4), 800, 300, 0.5)
    np.testing.assert_allclose(middle(wide) * [2, 1], middle(square), atol=3)


def test_several_places_have_an_outline_each_the_greatest_first():
    several = np.maximum(heat_map(1, 1, 3.0), np.maximum(heat_map(5, 5, 4.0), heat_map(1, 5, 2.5)))
    several[5, 1] = 2.2
    found = outline_evidence(several, 700, 700, 1.0)
    assert len(found) == MOST_REGIONS
    assert [np.round(middle(one) / 100 - 0.5).astype(int).tolist() for one in found] == [
        [5, 5],
        [1, 1],
        [5, 1],
    ]


def test_where_nothing_raised_the_score_there_is_none():
    assert outline_evidence(np.full((7, 7), -1.0), 100, 100, 1.0) == ()
    assert outline_evidence(np.zeros((7, 7)), 100, 100, 1.0) == ()


@given(
    arrays(np.float32, (7, 7), elements=st.floats(-8, 8, width=16)),
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_whatever_the_map_says_outlines_lie_within_the_picture(values, rows, columns, aspect):
    for outline in outline_evidence(values, rows, columns, aspect):
        assert len(outline) >= 4
        assert (outline >= 0).all()
        assert (outline <= [columns, rows]).all()
