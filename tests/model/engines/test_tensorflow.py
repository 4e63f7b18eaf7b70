import numpy as np
import pytest

from model.engines.litert import LiteRtEngine
from model.engines.tensorflow import TensorFlowEngine
from model.errors import ReleaseError
from tests.support.pictures import pixels
from tests.support.release import shipped_classifier, shipped_release
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW


def test_both_engines_say_the_same():
    small = [pixels(seed, rows=224, columns=224, bits=16) for seed in range(6)]
    inputs = np.stack([*small, np.zeros((224, 224), np.uint16), np.full((224, 224), 65535, np.uint16)])

    served = shipped_classifier("litert").classify(inputs)
    reference = shipped_classifier("tensorflow").classify(inputs)

    for one, other in zip(served, reference, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.distance == pytest.approx(other.distance, abs=1e-3)
        assert one.decision == other.decision
        np.testing.assert_allclose(one.heat_map, other.heat_map, atol=1e-3)


def test_the_reference_takes_batches_of_any_size():
    release = shipped_release()
    reference = TensorFlowEngine(release.read(release.weights_file), 2, release.shape)
    served = LiteRtEngine(release.read(release.network_file), 2)

    for count in (1, 3):
        picture = np.random.default_rng(count).random((count, 224, 224, 1), dtype=np.float32)
        given, expected = reference.evaluate(picture), served.evaluate(picture)
        assert given.heat_map.shape == (count, *(release.shape.map_size,) * 2)
        np.testing.assert_allclose(given.logit, expected.logit, atol=1e-3)


def test_what_is_no_weights_file_is_refused():
    with pytest.raises(ReleaseError, match="does not hold the weights"):
        TensorFlowEngine(b"\x89HDF\r\n\x1a\n", 1)
