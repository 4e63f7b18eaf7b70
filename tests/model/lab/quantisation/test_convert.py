import numpy as np
import pytest

from model.engines.litert import LiteRtEngine
from model.lab.quantisation.report import KINDS
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def network():
    """A network of the same inputs and outputs, which is converted in a second."""
    import keras

    from model.network import ActivationMapHead

    keras.utils.set_random_seed(3)
    picture = keras.Input((224, 224, 1), name="picture")
    maps = keras.layers.AveragePooling2D(32)(picture)
    maps = keras.layers.Conv2D(16, 3, padding="same", activation="relu6", name="Conv1")(maps)
    maps = keras.layers.Conv2D(1280, 1, activation="relu6", name="middle")(maps)
    return keras.Model(picture, ActivationMapHead(0.0, name="head")(maps))


@pytest.mark.parametrize("variant", KINDS)
def test_each_variant_is_smaller_and_says_nearly_the_same(network, variant):
    from model.lab.quantisation.convert import convert
    from model.lab.training.export import to_litert

    pictures = np.random.default_rng(1).integers(0, 65535, (12, 224, 224), dtype=np.uint16)
    inputs = (pictures / np.float32(65535.0)).astype(np.float32)[..., None]
    floats = to_litert(network)

    content = convert(network, variant, pictures)

    assert len(content) < len(floats)
    expected, given = (LiteRtEngine(one, 1).evaluate(inputs).logit for one in (floats, content))
    assert given == pytest.approx(expected, abs=0.05)
    assert not np.array_equal(given, expected)


def test_an_unknown_variant_is_refused(network):
    from model.lab.quantisation.convert import convert

    with pytest.raises(KeyError):
        convert(network, "int1", np.zeros((1, 224, 224), np.uint16))
