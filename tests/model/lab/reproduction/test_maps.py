from pathlib import Path

import numpy as np
import pytest

from model.errors import ReleaseError
from model.lab.dataset.examples import Example
from model.lab.reproduction.maps import BRIGHTNESS, base_maps, maps_key, published_variation, variations_of
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]


def example(name):
    return Example(Path(), f"{name:064x}", 1, str(name), str(name), "clinic")


def picture(seed):
    return np.random.default_rng(seed).integers(20000, 40000, (224, 224), dtype=np.uint16)


def test_a_variation_follows_from_the_seed_and_the_file_alone():
    first = variations_of(example(1), picture(1), 3, seed=5)
    variations_of(example(2), picture(2), 3, seed=5)

    assert np.array_equal(first, variations_of(example(1), picture(1), 3, seed=5))
    assert np.array_equal(first[:3], variations_of(example(1), picture(1), 2, seed=5))
    assert not np.array_equal(first[1:], variations_of(example(1), picture(1), 3, seed=6)[1:])
    assert not np.array_equal(first[1], first[2])
    assert first[0] == pytest.approx(picture(1) / 65535.0, abs=1e-7)


def test_variations_flip_half_and_stay_within_the_published_amounts():
    still = np.zeros((224, 224), np.uint16)
    still[:, :112] = 30000
    flipped = 0
    for seed in range(100):
        varied = published_variation(still, np.random.default_rng(seed))
        flipped += varied[:, -1].mean() > varied[:, 0].mean()
        assert abs(varied.mean() - still.mean() / 65535.0) <= BRIGHTNESS + 1e-6
        assert varied.min() >= 0.0
        assert varied.max() <= 1.0
    assert 35 <= flipped <= 65


def test_saturation_and_hue_do_nothing_to_a_grey_picture():
    """They are published augmentations, and are left out for this reason."""
    tf = import_tensorflow()
    grey = tf.repeat(tf.constant(picture(3)[:32, :32, None] / 65535.0, tf.float32), 3, axis=-1)
    assert tf.image.adjust_saturation(grey, 1.7).numpy() == pytest.approx(grey.numpy(), abs=1e-6)
    assert tf.image.adjust_hue(grey, 0.3).numpy() == pytest.approx(grey.numpy(), abs=1e-6)


def test_maps_are_computed_once(tmp_path):
    import keras

    keras.utils.set_random_seed(3)
    base = keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), include_top=False, weights=None, name="base"
    )
    base_weights = tmp_path / "base.weights.h5"
    base.save_weights(base_weights)
    cache = tmp_path / "maps"
    examples, inputs = (example(1), example(2)), np.stack([picture(1), picture(2)])
    maps = base_maps(examples, inputs, base_weights, cache, variations=1, seed=5)
    written = {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}
    again = base_maps(examples, inputs, base_weights, cache, variations=1, seed=5)

    varied = variations_of(examples[1], inputs[1], 1, seed=5)
    expected = base(np.repeat(varied[..., None] * 2.0 - 1.0, 3, axis=-1), training=False).numpy()
    assert maps.shape == (2, 2, 7, 7, 1280)
    assert maps[1].astype(np.float32) == pytest.approx(expected, abs=5e-3)
    assert np.array_equal(maps, again)
    assert {path.name: path.stat().st_mtime_ns for path in cache.iterdir()} == written
    assert list(written) == [f"maps-{maps_key(examples, base_weights, 1, seed=5)}.npy"]
    assert maps_key(examples, base_weights, 1, seed=5) != maps_key(examples, base_weights, 1, seed=6)


def test_absent_base_weights_are_named(tmp_path):
    with pytest.raises(ReleaseError, match=r"nowhere\.weights\.h5"):
        base_maps(
            (example(1),), picture(1)[None], tmp_path / "nowhere.weights.h5", tmp_path, variations=1, seed=5
        )
