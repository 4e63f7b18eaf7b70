import pytest

from model.reading.decoders.picture import aspect_of_densities


@pytest.mark.parametrize(
    ("across", "down", "height_over_width"),
    [(200, 100, 2.0), (100, 200, 0.5), (300, 300, 1.0), (1000, 100, 10.0), (100, 1000, 0.1)],
)
def test_more_pixels_across_than_down_are_tall_pixels(across, down, height_over_width):
    assert aspect_of_densities(across, down, set()) == height_over_width


@pytest.mark.parametrize(
    ("across", "down", "warned"),
    [
        (0, 100, set()),
        (100, 0, set()),
        (-1, 100, set()),
        (1001, 100, {"pixel_aspect_ignored"}),
        (100, 1001, {"pixel_aspect_ignored"}),
    ],
)
def test_a_density_that_is_missing_or_beyond_belief_gives_square_pixels(across, down, warned):
    warnings = set()

    assert aspect_of_densities(across, down, warnings) == 1.0
    assert warnings == warned
