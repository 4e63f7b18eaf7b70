import io
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest

from model.decisions.abstention import Abstention, fit_abstention
from model.decisions.strangeness import Strangeness, read_abstaining, read_strangeness
from model.errors import ReleaseError

SIZES = (6, 10)


@pytest.fixture(scope="module")
def strangeness():
    """Looks at two layers, one of which hears the first statistic alone."""
    rng = np.random.default_rng(0)
    layers = tuple(
        Abstention(
            np.zeros(size), np.linalg.qr(rng.normal(size=(size, 3)))[0].T, np.array([3.0, 2.0, 1.0]), 0.5
        )
        for size in SIZES
    )
    weights = np.array([1.0, 2.0, 0.5, *np.zeros(15)])
    return Strangeness(
        np.full(16, 1.0), np.full(16, 2.0), layers, np.zeros(2), np.full(2, 0.5), weights, -3.0
    )


def test_what_is_usual_is_near_and_what_is_strange_is_far(strangeness):
    usual, strange = np.full((1, 16), 1.5), np.full((1, 16), 30.0)

    near, far = strangeness.distance(np.concatenate([usual, strange]))

    assert 0.0 < near < 0.05
    assert far > 10.0


def test_the_distance_is_the_odds_of_what_was_heard(strangeness):
    given = np.random.default_rng(1).normal(1.0, 2.0, (1, 16))
    scaled = (given - 1.0) / 2.0
    logs = [np.log(layer.distance(part)[0]) / 0.5 for layer, part in
            zip(strangeness.layers, (scaled[:, :6], scaled[:, 6:]), strict=True)]  # fmt: skip

    odds = np.exp(logs[0] + 2.0 * logs[1] + 0.5 * scaled[0, 0] - 3.0)

    assert strangeness.distance(given)[0] == pytest.approx(np.log(1.0 + odds), rel=1e-9)


def test_no_single_statistic_decides_without_bound(strangeness):
    bent = replace(strangeness, weights=np.array([0.0, 0.0, 1.0, *np.zeros(15)]), bias=0.0)
    given = np.ones((2, 16))
    given[:, 0] = 1e3, 1e6

    assert np.ptp(bent.distance(given)) == 0.0


def test_a_statistic_that_is_not_finite_gives_a_distance_that_is_not(strangeness):
    given = np.ones((4, 16))
    given[0, 3], given[1, 3], given[2, 15] = np.nan, np.inf, -np.inf

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distances = strangeness.distance(given)

    assert np.isfinite(distances).tolist() == [False, False, False, True]


def test_what_is_written_is_read(strangeness):
    given = np.random.default_rng(2).normal(1.0, 4.0, (20, 16))

    read = read_abstaining(strangeness.to_bytes(), 1280)

    assert isinstance(read, Strangeness)
    assert read.size == 16
    np.testing.assert_allclose(read.distance(given), strangeness.distance(given), rtol=1e-4)


def test_a_release_with_a_distance_on_features_is_read_as_before():
    fitted = fit_abstention(np.random.default_rng(3).normal(size=(50, 8)), np.ones(50), components=2)

    read = read_abstaining(fitted.to_bytes(), 8)

    assert isinstance(read, Abstention)
    assert (read.output, read.size) == ("features", 8)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_what_is_no_archive_is_refused(content):
    for read in (read_strangeness, lambda given: read_abstaining(given, 8)):
        with pytest.raises(ReleaseError, match="cannot be read"):
            read(content)


def test_nothing_is_unpickled(tmp_path):
    canary = tmp_path / "canary"

    class Attack:
        def __reduce__(self):
            return (canary.touch, ())

    stream = io.BytesIO()
    np.savez(stream, weights=np.array([Attack()], dtype=object))

    for content in (stream.getvalue(), pickle.dumps(Attack())):
        with pytest.raises(ReleaseError, match="cannot be read"):
            read_abstaining(content, 8)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("centre", np.zeros(15)),
        ("scale", np.zeros(16)),
        ("spread", np.zeros(2)),
        ("weights", np.zeros(17)),
        ("weights", np.full(18, np.nan)),
        ("bias", float("inf")),
    ],
)
def test_parameters_that_do_not_fit_each_other_are_refused(strangeness, name, value):
    with pytest.raises(ReleaseError, match="do not fit"):
        read_strangeness(replace(strangeness, **{name: value}).to_bytes())
