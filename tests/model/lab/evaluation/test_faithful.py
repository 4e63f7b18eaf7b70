import numpy as np
import pytest

from model.errors import BadNetworkOutput
from model.lab.evaluation.faithful import black_out, body_cells, faith, map_correlation
from tests.support.brightness import Brightness, Broken


@pytest.fixture
def picture():
    """A limb down the middle, brightest at the centre cell, air around it."""
    values = np.full((224, 224), 500, np.uint16)
    values[:, 64:160] = 30000
    values[96:128, 96:128] = 60000
    return values


def test_the_map_of_what_looks_at_the_middle_is_faithful(picture):
    reported = []
    found = faith(
        Brightness(), np.stack([picture] * 4), progress=lambda done, total: reported.append((done, total))
    )

    assert (found.pictures, found.share) == (4, 1.0)
    assert found.top_drop == pytest.approx(20 * 60000 / 65535, rel=1e-3)
    assert found.random_drop < found.top_drop / 2
    assert reported[-1] == (4, 4)


def test_a_map_that_looks_elsewhere_is_not(picture):
    class Elsewhere(Brightness):
        def _predict(self, cells):
            return (
                super()
                ._predict(cells)
                .__class__(20.0 * float(cells[3, 3]) - 10.0, 0.5, 1.0, None, -cells.astype(np.float32))
            )

    assert faith(Elsewhere(), picture[None]).share == 0.0


def test_random_cells_are_drawn_inside_the_body(picture):
    cells = body_cells(picture, 7)

    assert {int(cell) % 7 for cell in cells} == {2, 3, 4}
    assert len(cells) == 21
    assert len(body_cells(np.zeros((224, 224), np.uint16), 7)) == 49  # all alike: no body to be seen


def test_cells_are_blacked_out_and_nothing_else(picture):
    hidden = black_out(picture, np.array([0, 24]), 7)

    assert not hidden[:32, :32].any()
    assert not hidden[96:128, 96:128].any()
    assert (hidden == 0).sum() == 2 * 32 * 32
    assert picture.all()


def test_correlation_of_maps():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(200, 7, 7)).astype(np.float32)

    assert map_correlation(maps, 3e-9 * maps + 5e-9) == pytest.approx(1.0, abs=1e-4)
    assert map_correlation(maps, -maps) == pytest.approx(-1.0)
    assert map_correlation(maps, rng.normal(size=(200, 7, 7))) == pytest.approx(0.0, abs=0.05)
    assert map_correlation(maps, np.ones_like(maps)) == 0.0


def test_an_output_that_is_not_finite_is_told(picture):
    with pytest.raises(BadNetworkOutput, match="not finite"):
        faith(Broken(), picture[None])
