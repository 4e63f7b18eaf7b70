import numpy as np
import pytest

from model.errors import ReleaseError
from tests.support.labelled import labelled
from tests.support.release import shipped_release
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]

SIZES = (6, 10)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global \
        fit, \
        Seen, \
        fit_strangeness, \
        statistics_of, \
        watch_statistics, \
        weigh, \
        build_network, \
        load_weights_bytes, \
        serving_network
    from model.lab.training.abstention import fit
    from model.lab.training.abstention.fit import (
        Seen,
        fit_strangeness,
        statistics_of,
        watch_statistics,
        weigh,
    )
    from model.network import build_network, load_weights_bytes, serving_network


@pytest.fixture(scope="module")
def network():
    release = shipped_release()
    built = build_network(release.shape.head, size=release.shape.input_size)
    load_weights_bytes(built, release.read(release.weights_file))
    return built


@pytest.fixture(scope="module")
def watch(network):
    return watch_statistics(network)


def drawn(count, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(7).normal(size=(4, 16))
    return rng.normal(size=(count, 4)) @ mix + rng.normal(shift, 0.3, size=(count, 16))


@pytest.fixture(scope="module")
def seen():
    return Seen(np.stack([drawn(200, 0), drawn(200, 1)]), np.ones(200), np.arange(200) % 4)


def test_radiographs_lie_nearer_than_strange_pictures_of_a_sort_never_seen(seen):
    fitted = weigh(seen, drawn(200, 2, shift=2.0), SIZES)

    usual, strange = fitted.distance(drawn(200, 3)), fitted.distance(drawn(200, 4, shift=-2.0))

    assert np.mean(strange > np.quantile(usual, 0.95)) > 0.9


def test_a_copy_of_a_radiograph_has_no_vote_of_its_own(seen):
    strange = drawn(200, 2, shift=2.0)
    copied = Seen(
        np.concatenate([seen.turned, np.repeat(seen.turned[:, :1], 300, axis=1)], axis=1),
        np.concatenate([[1.0 / 301], np.ones(199), np.full(300, 1.0 / 301)]),
        np.concatenate([seen.folds, np.zeros(300, np.intp)]),
    )

    once, often = weigh(seen, strange, SIZES), weigh(copied, strange, SIZES)

    np.testing.assert_allclose(often.centre, once.centre, atol=1e-9)
    np.testing.assert_allclose(
        often.distance(drawn(50, 5)), once.distance(drawn(50, 5)), rtol=0.02, atol=0.01
    )


def test_one_patient_is_too_few(seen):
    alone = Seen(seen.turned, seen.votes, np.zeros(200, np.intp))

    with pytest.raises(ReleaseError, match="two patients"):
        weigh(alone, drawn(20, 2), SIZES)


def test_statistics_are_those_of_the_network_that_is_exported(network, watch):
    inputs = np.random.default_rng(0).integers(
        0, 65536, (3, *(shipped_release().shape.input_size,) * 2), dtype=np.uint16
    )

    given = statistics_of(watch, inputs)

    pictures = (inputs / 65535.0).astype(np.float32)[..., None]
    expected = np.asarray(serving_network(network)(pictures, training=False)["statistics"])
    np.testing.assert_allclose(given, expected, atol=1e-4)


def test_of_too_many_radiographs_each_provenance_gives_as_many_as_the_others_may(monkeypatch):
    """Break it: take the first ones. A collection of thousands leaves no room for the others."""
    monkeypatch.setattr(fit, "MOST_FILES", 10)
    kept = fit._shared_out(range(100), ["large"] * 50 + ["small"] * 3 + ["other"] * 47)
    assert [sum(low <= row < high for row in kept) for low, high in ((0, 50), (50, 53), (53, 100))] == [
        3,
        3,
        3,
    ]
    assert kept == sorted(kept)
    assert fit._shared_out(range(4), ["large"] * 4) == [0, 1, 2, 3]


def test_it_is_learned_from_a_network_and_labelled_pictures(network, watch):
    """Too few pictures to be of use; the same seed teaches the same."""
    examples, inputs = labelled(6, seed=0, copies=9)

    fitted, again = (
        fit_strangeness(network, inputs, examples, seed=1, strange_of_each=1, watch=watch) for _ in range(2)
    )

    assert fitted.size == statistics_of(watch, inputs[:1]).shape[1]
    assert fitted.to_bytes() == again.to_bytes()
