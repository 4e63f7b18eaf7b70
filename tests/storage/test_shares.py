import pytest

from storage.shares import share


@pytest.mark.parametrize(
    ("hits", "count", "bounds"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (20, 20, (0.8389, 1.0)),
    ],
)
def test_the_interval_is_that_of_the_books(hits, count, bounds):
    """Newcombe 1998, Statistics in Medicine 17(8), table I; the last is the third turned round."""
    found = share(hits, count)
    assert (found.low, found.high) == pytest.approx(bounds, abs=5e-5)
    assert (found.hits, found.count, found.value) == (hits, count, hits / count)


def test_of_none_there_is_no_share():
    assert share(0, 0) is None
