import json

import numpy as np
import pytest

from model.lab.training.feature_cache import Wanted, cached_features


class Work:
    """Draws pictures and makes features of them, and counts; fails at a picture, as a kill would."""

    def __init__(self, fail_at=None):
        self.drawn = []
        self.fail_at = fail_at

    def picture(self, number):
        if number == self.fail_at:
            raise KeyboardInterrupt
        self.drawn.append(number)
        return np.full((4, 4), number, np.float32)

    def stem(self, pictures):
        return pictures[:, :2, :2, :] * 2.0

    def wanted(self, count=1200, dtype="float16", **identity):
        return Wanted({"stem": "a", **identity}, count, dtype, self.picture, self.stem)


def test_features_are_those_of_the_stem_and_kept(tmp_path):
    work, seen = Work(), []

    features = cached_features(tmp_path, work.wanted(), lambda done, total: seen.append((done, total)))
    again = cached_features(tmp_path, work.wanted())

    assert (features.shape, features.dtype) == ((1200, 2, 2, 1), np.float16)
    np.testing.assert_array_equal(features[:, 0, 0, 0], 2.0 * np.arange(1200))
    np.testing.assert_array_equal(features, again)
    assert work.drawn == list(range(1200))
    assert seen[0] == (0, 1200)
    assert seen[-1] == (1200, 1200)
    with pytest.raises(ValueError, match="read-only"):
        again[0] = 1.0


def test_after_a_stop_it_goes_on_where_it_was_on_disk(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        cached_features(tmp_path, Work(fail_at=700).wanted())
    work = Work()

    features = cached_features(tmp_path, work.wanted())

    assert work.drawn == list(range(512, 1200))
    np.testing.assert_array_equal(features[:, 0, 0, 0], 2.0 * np.arange(1200))


@pytest.mark.parametrize("other", [{"stem": "b"}, {"count": 1199}, {"dtype": "float32"}])
def test_another_content_has_another_place(tmp_path, other):
    cached_features(tmp_path, Work().wanted())
    work = Work()

    cached_features(tmp_path, work.wanted(**other))

    assert len(work.drawn) >= 1199
    assert len(list(tmp_path.iterdir())) == 2
    assert [json.loads(path.read_text())["done"] for path in tmp_path.rglob("done.json")]
