import numpy as np
import pytest

from model.engines.litert import LiteRtEngine
from model.errors import ReleaseError
from tests.support.release import shipped_release


@pytest.fixture(scope="module")
def content():
    release = shipped_release()
    return release.read(release.network_file)


def test_outputs_have_their_shapes_and_names(content):
    given = LiteRtEngine(content, 1).evaluate(np.zeros((3, 224, 224, 1), np.float32))

    cells = shipped_release().shape.map_size
    shapes = [a.shape for a in (given.logit, given.heat_map, given.features)]
    assert shapes == [(3, 1), (3, cells, cells), (3, 1280)]
    assert {np.dtype(np.float32)} == {a.dtype for a in (given.logit, given.heat_map, given.features)}
    assert given.features.min() >= 0.0  # ReLU6, averaged
    assert given.features.max() <= 6.0


def test_the_number_of_threads_changes_nothing_that_matters(content):
    picture = np.random.default_rng(0).random((2, 224, 224, 1), dtype=np.float32)

    one, two = (LiteRtEngine(content, threads).evaluate(picture) for threads in (1, 2))

    np.testing.assert_allclose(one.logit, two.logit, atol=1e-5)


@pytest.mark.parametrize("broken", [b"", b"TFL3", b"\x20\x00\x00\x00TFL3" + b"\x00" * 64])
def test_what_is_no_network_is_refused(broken):
    with pytest.raises(ReleaseError, match="cannot be loaded by LiteRT"):
        LiteRtEngine(broken, 1)


def test_a_network_cut_short_is_refused(content):
    with pytest.raises(ReleaseError, match="cannot be loaded by LiteRT"):
        LiteRtEngine(content[: len(content) // 2], 1)
