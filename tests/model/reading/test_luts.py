import numpy as np
import pytest

from model.reading.display import LookupTable, Rescale, Window
from model.reading.luts import apply_modality, apply_voi

VALUES = np.array([-100.0, 0.0, 50.0, 100.0, 200.0])
TABLE = LookupTable(1, np.array([10, 20, 40], np.uint16), 40)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(50, 101), [-0.995, 0.005, 0.505, 1.005, 2.005]),  # C.11.2.1.2.1: (x - 49.5) / 100 + 0.5
        (Window(50, 100, "LINEAR_EXACT"), [-1, 0, 0.5, 1, 2]),  # C.11.2.1.3.2
        (Window(50, 100, "SIGMOID"), 1 / (1 + np.exp(-4 * (VALUES - 50) / 100))),  # C.11.2.1.3.1
        (Window(50, 1), [0, 0, 1, 1, 1]),
    ],
)
def test_a_window_is_the_standards(window, expected):
    np.testing.assert_allclose(apply_voi(VALUES, window), expected, atol=1e-12)


def test_a_table_goes_on_with_its_ends():
    assert apply_voi(np.array([-9.0, 1, 2, 3, 9]), TABLE).tolist() == [0.25, 0.25, 0.5, 1, 1]
    assert apply_modality(np.array([0.0, 2.4, 2.6]), TABLE).tolist() == [10, 20, 40]


def test_modality_values_are_rescaled_or_as_they_were_stored():
    assert apply_modality(VALUES, Rescale(2, -1)).tolist() == (VALUES * 2 - 1).tolist()
    assert apply_modality(VALUES, None) is VALUES
