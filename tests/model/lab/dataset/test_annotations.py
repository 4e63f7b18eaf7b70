import pytest

from model.lab.dataset.annotations import Annotations, Box, read_annotations


def test_what_a_row_says():
    row = {"region": "hand+leg", "hardware": "1", "batch": "mixed", "boxes": "[[0.25, 0.5, 0.1, 0.05]]"}

    assert read_annotations(row) == Annotations("hand+leg", True, "mixed", (Box(0.25, 0.5, 0.1, 0.05),))


@pytest.mark.parametrize("row", [{}, {"region": "", "hardware": "", "batch": "", "boxes": ""}])
def test_what_a_row_does_not_say_is_not_known(row):
    assert read_annotations(row) == Annotations(None, None, None, None)


def test_no_boxes_and_boxes_not_drawn_are_two_things():
    assert read_annotations({"boxes": "[]"}).boxes == ()
    assert read_annotations({"boxes": ""}).boxes is None


@pytest.mark.parametrize(
    "boxes",
    [
        "0.1 0.1 0.2 0.2",
        "[[0.1, 0.1, 0.2]]",
        "[[10, 10, 20, 20]]",  # pixels
        "[[0.9, 0.1, 0.2, 0.2]]",
        "[[0.1, 0.1, 0.0, 0.2]]",
        "[[0.1, 0.1, NaN, 0.2]]",
        '[["a", 0.1, 0.2, 0.2]]',
        "[1]",
        "7",
        "[" * 5000,
    ],
)
def test_boxes_that_are_none_are_refused(boxes):
    with pytest.raises(ValueError, match="column boxes"):
        read_annotations({"boxes": boxes})


def test_rounding_at_the_edge_is_no_fault():
    assert read_annotations({"boxes": "[[0.9, -0.0001, 0.1003, 0.2]]"}).boxes is not None


def test_hardware_is_yes_or_no():
    with pytest.raises(ValueError, match="column hardware"):
        read_annotations({"hardware": "screws"})
