import pytest

from model.reading.display import ASPECT_IGNORED, believed_aspect


@pytest.mark.parametrize(
    ("height", "width", "aspect"), [(2, 1, 2.0), (1, 1, 1.0), (10, 1, 10.0), (1, 10, 0.1)]
)
def test_a_shape_that_can_be_is_believed(height, width, aspect):
    warnings = set()

    assert believed_aspect(height, width, warnings) == aspect
    assert warnings == set()


@pytest.mark.parametrize(("height", "width"), [(10.1, 1), (1, 10.1)])
def test_one_that_cannot_be_is_square_with_a_warning(height, width):
    warnings = set()

    assert believed_aspect(height, width, warnings) == 1.0
    assert warnings == {ASPECT_IGNORED}
