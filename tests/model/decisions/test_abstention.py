import io
import pickle
import warnings

import numpy as np
import pytest

from model.decisions.abstention import fit_abstention, read_abstention
from model.errors import ReleaseError

FEATURES = 40


@pytest.fixture(scope="module")
def seen():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, FEATURES)).T[None, :, :] @ rng.normal(size=(500, 3, 1)) + rng.normal(
        0.0, 0.1, size=(500, FEATURES, 1)
    )


@pytest.fixture(scope="module")
def abstention(seen):
    return fit_abstention(seen[..., 0], np.ones(500), components=3)


def test_what_was_seen_is_about_one_away(abstention, seen):
    assert np.mean(np.square(abstention.distance(seen[..., 0]))) == pytest.approx(1.0, abs=0.01)


def test_the_distance_is_that_of_mahalanobis(abstention, seen):
    covariance = (
        abstention.residual_variance * (np.eye(FEATURES) - abstention.components.T @ abstention.components)
        + abstention.components.T @ np.diag(abstention.variances) @ abstention.components
    )
    centred = seen[:5, :, 0] - abstention.mean
    expected = np.sqrt(np.einsum("ni,ij,nj->n", centred, np.linalg.inv(covariance), centred) / FEATURES)

    np.testing.assert_allclose(abstention.distance(seen[:5, :, 0]), expected, rtol=1e-6)


def test_a_stranger_is_far(abstention):
    stranger = np.random.default_rng(5).normal(0.0, 1.0, size=(1, FEATURES))

    assert abstention.distance(stranger)[0] > 3.0


def test_copies_do_not_make_a_picture_usual(seen):
    copied = np.concatenate([seen[..., 0], np.repeat(seen[:1, :, 0], 500, axis=0)])
    votes = np.concatenate([np.ones(500), np.full(500, 1 / 500)])
    votes[0] = 1e-9

    found = fit_abstention(copied, votes, components=3)

    expected = fit_abstention(seen[..., 0], np.ones(500), components=3)
    np.testing.assert_allclose(found.distance(seen[:, :, 0]), expected.distance(seen[:, :, 0]), rtol=0.02)


def test_a_feature_that_is_not_finite_gives_a_distance_that_is_not(abstention):
    features = np.zeros((3, FEATURES), np.float32)
    features[0, 3], features[1, 3] = np.nan, np.inf

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distances = abstention.distance(features)

    assert np.isfinite(distances).tolist() == [False, False, True]


def test_what_is_written_is_read(abstention, seen):
    read = read_abstention(abstention.to_bytes(), FEATURES)

    np.testing.assert_allclose(read.distance(seen[..., 0]), abstention.distance(seen[..., 0]), rtol=1e-4)


def test_nothing_is_unpickled(tmp_path):
    canary = tmp_path / "canary"

    class Attack:
        def __reduce__(self):
            return (canary.touch, ())

    stream = io.BytesIO()
    np.savez(stream, mean=np.array([Attack()], dtype=object))

    for content in (stream.getvalue(), pickle.dumps(Attack())):
        with pytest.raises(ReleaseError, match="cannot be read"):
            read_abstention(content, FEATURES)
    assert not canary.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_what_is_no_archive_is_refused(content):
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_abstention(content, FEATURES)


def test_parameters_of_another_network_are_refused(abstention):
    with pytest.raises(ReleaseError, match="1280 features"):
        read_abstention(abstention.to_bytes(), 1280)
