import numpy as np
import pytest

from model.errors import ReleaseError
from model.regions import REGIONS
from tests.support.shared import SHARED, needs_shared
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

BASE_WEIGHTS = SHARED / "weights" / "mobilenet_v2_imagenet_notop.weights.h5"


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global STATISTICS_OF, MapStatistics, build_network, load_weights, load_weights_bytes, serving_network
    from model.network import (
        STATISTICS_OF,
        MapStatistics,
        build_network,
        load_weights,
        load_weights_bytes,
        serving_network,
    )


@pytest.fixture(scope="module")
def network():
    return build_network("gap")


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).random((3, 224, 224, 1), dtype=np.float32)


def test_one_pass_gives_logit_map_and_features(network, pictures):
    given = {name: np.asarray(value) for name, value in network(pictures, training=False).items()}

    assert {name: value.shape for name, value in given.items()} == {
        "logit": (3, 1),
        "heat_map": (3, 7, 7),
        "features": (3, 1280),
    }


def test_the_mean_of_the_map_and_the_bias_is_the_logit(network, pictures):
    given = network(pictures, training=False)
    bias = float(np.asarray(network.get_layer("head").bias)[0])

    mean = np.asarray(given["heat_map"]).mean(axis=(1, 2)) + bias

    np.testing.assert_allclose(mean, np.asarray(given["logit"])[:, 0], atol=1e-5)


def test_training_mode_leaves_batch_normalisation_alone(network, pictures):
    """It did not, when the base was merely called with `training=False`."""
    layers = [layer for layer in network.get_layer("base").layers if layer.name.endswith("BN")]
    before = [np.asarray(layer.moving_mean) for layer in layers]

    dropped = network(pictures, training=True)
    plain = network(pictures, training=False)

    assert len(layers) > 40
    np.testing.assert_array_equal(np.asarray(dropped["features"]), np.asarray(plain["features"]))
    for layer, mean in zip(layers, before, strict=True):
        np.testing.assert_array_equal(mean, np.asarray(layer.moving_mean))


def test_the_published_head_has_its_layers():
    flatten = build_network("flatten")

    assert flatten.get_layer("hidden").kernel.shape == (7 * 7 * 1280, 512)
    assert flatten.output["logit"].shape == (None, 2)


@needs_shared
@pytest.mark.shared
def test_base_weights_are_loaded():
    built = build_network("gap", BASE_WEIGHTS)

    assert float(np.asarray(built.get_layer("base").get_layer("bn_Conv1").moving_variance).std()) > 0.0


@pytest.mark.parametrize("name", ["absent.weights.h5", "network.keras", "network.h5"])
def test_other_endings_are_never_loaded(network, tmp_path, name):
    if not name.startswith("absent"):
        (tmp_path / name).write_bytes(b"PK\x03\x04")

    with pytest.raises(ReleaseError, match=r"\.weights\.h5"):
        load_weights(network, tmp_path / name)


def test_a_keras_archive_under_another_name_is_refused(network, tmp_path):
    path = tmp_path / "network.weights.h5"
    path.write_bytes(b"PK\x03\x04 a Keras archive with a Lambda in it")

    with pytest.raises(ReleaseError, match="does not hold the weights"):
        load_weights(network, path)


def test_weights_of_another_network_are_refused(network, tmp_path):
    import keras

    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    other.save_weights(tmp_path / "other.weights.h5")

    with pytest.raises(ReleaseError, match="does not hold the weights"):
        load_weights(build_network("gap"), tmp_path / "other.weights.h5")


def _small(*names, units=3):
    """Give a network with a dense layer of each name in an inner model, and one after it."""
    import keras

    inner_input = keras.Input((3,))
    inside = inner_input
    for name in names:
        inside = keras.layers.Dense(units, name=name)(inside)
    inner = keras.Model(inner_input, inside, name="base")
    picture = keras.Input((3,))
    return keras.Model(picture, keras.layers.Dense(1, name="head")(inner(picture)), name="small")


def _written(network, folder):
    path = folder / "some.weights.h5"
    network.save_weights(path)
    return path


def _arrays(network):
    return [np.asarray(weight) for weight in network.weights]


@pytest.mark.parametrize(
    ("names", "units", "message"),
    [
        pytest.param(("one", "two", "three"), 3, "the network has no layer base/three", id="a layer more"),
        pytest.param(("one",), 3, "the layer base/two is missing", id="a layer fewer"),
        pytest.param(("one", "second"), 3, "the network has no layer base/second", id="renamed"),
        pytest.param(("one", "two"), 4, "base/one has the shapes .*4.* not .*3", id="another shape"),
    ],
)
def test_weights_of_a_like_network_are_refused_and_none_are_loaded(tmp_path, names, units, message):
    path = _written(_small(*names, units=units), tmp_path)
    mine = _small("one", "two")
    before = _arrays(mine)

    with pytest.raises(ReleaseError, match=message):
        load_weights(mine, path)
    with pytest.raises(ReleaseError, match=message):
        load_weights_bytes(mine, path.read_bytes())

    for array, kept in zip(before, _arrays(mine), strict=True):
        np.testing.assert_array_equal(array, kept)


def test_each_layer_gets_the_weights_of_its_name_in_whatever_order_they_were_written(tmp_path):
    other = _small("two", "one")
    mine = _small("one", "two")

    load_weights(mine, _written(other, tmp_path))

    for name in ("one", "two"):
        given = mine.get_layer("base").get_layer(name).get_weights()
        written = other.get_layer("base").get_layer(name).get_weights()
        for array, wanted in zip(given, written, strict=True):
            np.testing.assert_array_equal(array, wanted)


def test_the_published_head_takes_its_own_weights_and_not_those_of_the_other(network, tmp_path):
    first, second = build_network("flatten"), build_network("flatten")

    load_weights(second, _written(first, tmp_path))

    for array, wanted in zip(_arrays(second), _arrays(first), strict=True):
        np.testing.assert_array_equal(array, wanted)
    with pytest.raises(ReleaseError, match="hidden"):
        load_weights(network, tmp_path / "some.weights.h5")


def test_the_layers_that_follow_a_whole_base_are_refused_as_base_weights(network, tmp_path):
    with pytest.raises(ReleaseError, match="does not hold the weights"):
        build_network("gap", _written(network, tmp_path))


def test_what_is_served_tells_the_same_and_what_the_middle_layers_see(network, pictures):
    serving = serving_network(network)

    given, plain = serving(pictures, training=False), network(pictures, training=False)

    assert set(given) == {*plain, "statistics"}
    for name in plain:
        np.testing.assert_allclose(np.asarray(given[name]), np.asarray(plain[name]), atol=1e-5)
    middle = [network.get_layer("base").get_layer(name).output.shape[-1] for name in STATISTICS_OF]
    assert given["statistics"].shape == (3, 2 * sum(middle))


def test_statistics_are_means_and_standard_deviations_wherever_things_lie():
    maps = np.random.default_rng(0).normal(2.0, 3.0, (2, 5, 4, 6)).astype(np.float32)

    given = np.asarray(MapStatistics()(maps))

    np.testing.assert_allclose(given[:, :6], maps.mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(given[:, 6:], maps.std(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(np.asarray(MapStatistics()(maps[:, ::-1, ::-1])), given, atol=1e-5)


@pytest.fixture(scope="module")
def place():
    return build_network("place", size=64)


def small(count):
    return np.random.default_rng(1).random((count, 64, 64, 1), dtype=np.float32)


def test_places_are_twice_as_fine_and_add_to_the_logit(place):
    given = {name: np.asarray(value) for name, value in place(small(3), training=False).items()}

    assert {name: value.shape for name, value in given.items()} == {
        "logit": (3, 1),
        "label_logit": (3, 1),
        "label_map": (3, 2, 2),
        "place_logit": (3, 1),
        "heat_map": (3, 4, 4),
        "features": (3, 1280),
        "region": (3, len(REGIONS)),
    }
    np.testing.assert_allclose(given["logit"], given["label_logit"] + given["place_logit"], atol=1e-6)
    bias = float(np.asarray(place.get_layer("place").get_layer("any").bias)[0])
    summed = np.log(np.exp(given["heat_map"].astype(np.float64)).sum(axis=(1, 2)))
    np.testing.assert_allclose(given["place_logit"][:, 0], summed + bias, atol=1e-5)


def test_what_is_served_of_places_are_the_sum_the_map_and_the_region(place):
    given, plain = serving_network(place)(small(2), training=False), place(small(2), training=False)

    assert set(given) == {"logit", "heat_map", "features", "region", "statistics"}
    for name in set(given) - {"statistics"}:
        np.testing.assert_allclose(np.asarray(given[name]), np.asarray(plain[name]), atol=1e-5)


def test_weights_fit_a_network_of_another_input_size(place, tmp_path):
    larger = build_network("place", size=96)

    load_weights(larger, _written(place, tmp_path))

    for array, wanted in zip(_arrays(larger), _arrays(place), strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_training_moves_the_statistics_of_batch_normalisation_of_all_layers(place):
    before = _arrays(place)

    place(small(4), training=True)

    moved = [
        weight.path
        for weight, array in zip(place.weights, before, strict=True)
        if not np.array_equal(np.asarray(weight), array)
    ]
    assert {path.rsplit("/", 1)[1] for path in moved} <= {
        "moving_mean",
        "moving_variance",
        "seed_generator_state",
    }
    assert sum("moving" in path for path in moved) == sum("moving" in one.path for one in place.weights)
