import numpy as np
import pytest

from model.errors import ReleaseError
from tests.support.labelled import tiny_halves
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = USES_TENSORFLOW
import_tensorflow()

from model.lab.training.stem_and_head import build_halves, compiled, halve, outputs_of  # noqa: E402 # needs TensorFlow
from model.network import build_network  # noqa: E402 # needs TensorFlow

PICTURES = np.random.default_rng(0).random((3, 224, 224, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def halves():
    return build_halves(None, 0.3, "block_6_expand", seed=3)


def test_the_halves_in_turn_are_the_whole(halves):
    whole = halves.network(PICTURES, training=False)
    parts = halves.upper(halves.stem(PICTURES, training=False), training=False)

    assert halves.stem.output_shape == (None, 28, 28, 32)
    for name, values in whole.items():
        np.testing.assert_allclose(values, parts[name], atol=1e-5)


def test_the_upper_half_learns_and_the_whole_with_it(halves):
    before = halves.network(PICTURES, training=False)["features"].numpy()
    kernel = halves.network.get_layer("base").get_layer("block_16_project").kernel

    kernel.assign(kernel * 2.0)

    assert np.abs(before - halves.network(PICTURES, training=False)["features"]).max() > 0.0
    assert any(variable is kernel for variable in halves.upper.trainable_variables)


def test_the_stem_and_normalisation_do_not_learn(halves):
    assert halves.stem.trainable_variables == []
    paths = [variable.path for variable in halves.upper.trainable_variables]
    assert paths
    assert not [path for path in paths if "BN" in path or "gamma" in path]
    assert sorted(path for path in paths if "head" in path) == ["head/bias", "head/kernel"]


def test_the_seed_draws_the_weights():
    digests = {tiny_halves(seed).stem_digest() for seed in (1, 1, 2)}

    assert len(digests) == 2


@pytest.mark.parametrize(
    ("layer", "words"), [("block_99", "no layer block_99"), ("block_5_project", "residual")]
)
def test_a_cut_that_cannot_be_made_says_why(layer, words):
    with pytest.raises(ReleaseError, match=words):
        halve(build_network("gap"), layer)


def test_outputs_in_batches_are_those_at_once():
    halves = tiny_halves()
    pictures = np.concatenate([PICTURES, PICTURES[::-1]])
    network = compiled(halves.network)

    np.testing.assert_allclose(
        outputs_of(network, pictures, batch_size=4)["logit"], network(pictures)["logit"], atol=1e-6
    )
