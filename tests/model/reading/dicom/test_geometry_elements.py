"""Elements as they stand in files, read into numbers; that the picture follows: `test_lying_geometry`."""

import pytest
from pydicom.dataset import Dataset

from model.reading.dicom.geometry_elements import pixel_aspect_of, shutter_of
from model.reading.display import Shutter


def dataset(**elements):
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


@pytest.mark.parametrize(
    ("elements", "aspect"),
    [
        ({}, 1.0),
        ({"PixelAspectRatio": [3, 2]}, 1.5),
        ({"PixelAspectRatio": [3, 2], "PixelSpacing": [0.1, 0.2]}, 1.5),
        ({"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [0.3, 0.1]}, 0.5),
        ({"PixelSpacing": [0, 0.2], "ImagerPixelSpacing": [0.2, 0.1]}, 2.0),
        ({"ImagerPixelSpacing": 0.2}, 1.0),
    ],
)
def test_the_first_element_with_two_lengths_gives_the_aspect(elements, aspect):
    warnings = set()
    found = dataset(**elements)

    assert pixel_aspect_of(found, found, warnings) == pytest.approx(aspect)
    assert warnings == set()


def test_the_spacing_may_stand_in_a_functional_group_and_the_ratio_does_not():
    whole, group = dataset(PixelSpacing=[9, 1]), dataset(PixelSpacing=[0.4, 0.2], PixelAspectRatio=[5, 1])

    assert pixel_aspect_of(whole, group, set()) == 2.0


@pytest.mark.parametrize("spacing", [[11, 1], [1, 11]])
def test_a_pixel_more_than_ten_times_as_long_is_not_believed(spacing):
    warnings = set()
    found = dataset(PixelSpacing=spacing, ImagerPixelSpacing=[2, 1])

    assert pixel_aspect_of(found, found, warnings) == 1.0
    assert warnings == {"pixel_aspect_ignored"}


EDGES = {
    "ShutterUpperHorizontalEdge": 1,
    "ShutterLowerHorizontalEdge": 50,
    "ShutterLeftVerticalEdge": 11,
    "ShutterRightVerticalEdge": 30,
}


def test_places_count_from_1_in_the_file_and_from_0_here():
    found = dataset(
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"],
        CenterOfCircularShutter=[32, 24],
        RadiusOfCircularShutter=10,
        VerticesOfThePolygonalShutter=[1, 1, 1, 41, 51, 1],
        **EDGES,
    )

    assert shutter_of(found, 64, 48, set()) == Shutter(
        (64, 48), (0, 49, 10, 29), (31, 23, 10), ((0, 0), (0, 40), (50, 0))
    )


def test_a_shape_that_is_not_named_does_not_count():
    warnings = set()

    assert shutter_of(dataset(**EDGES), 64, 48, warnings) is None
    assert shutter_of(dataset(ShutterShape="BITMAP", **EDGES), 64, 48, warnings) is None
    assert warnings == set()


@pytest.mark.parametrize(
    "edge",
    [
        {"ShutterLowerHorizontalEdge": 1},  # nothing between the edges
        {"ShutterLeftVerticalEdge": 49},  # right of all columns
        {"ShutterLeftVerticalEdge": None},
    ],
)
def test_a_rectangle_that_shows_nothing_is_ignored(edge):
    warnings = set()

    assert shutter_of(dataset(ShutterShape="RECTANGULAR", **(EDGES | edge)), 64, 48, warnings) is None
    assert warnings == {"shutter_ignored"}


def test_of_two_shapes_the_one_with_sense_is_kept_without_a_warning():
    warnings = set()
    found = dataset(ShutterShape=["RECTANGULAR", "CIRCULAR"], RadiusOfCircularShutter=0, **EDGES)

    assert shutter_of(found, 64, 48, warnings) == Shutter((64, 48), rectangle=(0, 49, 10, 29))
    assert warnings == set()
