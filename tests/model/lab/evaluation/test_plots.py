import io

import numpy as np
import pytest
from PIL import Image

from model.lab.evaluation.sources import mean_votes
from tests.support.scored import drawn, example, scored

pytest.importorskip("matplotlib", reason='needs the extra "train"')
pytest.importorskip("sklearn", reason='needs the extra "train"')


def opened(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def blue(picture):
    """Where Matplotlib's first colour is: 31, 119, 180."""
    return np.abs(picture - [31, 119, 180]).sum(axis=2) < 30


def test_each_plot_is_a_picture_that_depends_on_the_scores():
    from model.lab.evaluation.plots import reliability_plot, roc_plot, score_plot

    weak, strong = (mean_votes(drawn(80, strength=strength)) for strength in (0.1, 4.0))

    for draw in (lambda some: roc_plot(some, ["clinic"]), lambda some: reliability_plot(some, 0.5),
                 lambda some: score_plot(some, 0.5)):  # fmt: skip
        first, second = opened(draw(weak)), opened(draw(strong))
        assert first.shape == second.shape == (550, 550, 3)
        assert (first != second).any()
        np.testing.assert_array_equal(first, opened(draw(weak)))


def test_the_curve_of_a_perfect_order_runs_along_the_left_and_the_top():
    from model.lab.evaluation.plots import roc_plot

    picture = opened(roc_plot(mean_votes(drawn(40, strength=60.0)), []))
    rows, columns = np.nonzero(blue(picture)[:400])  # above the legend

    assert columns.min() < 90
    assert rows.min() < 60
    middle = blue(picture)[150:350, 200:400]
    assert not middle.any()


def test_one_label_and_an_empty_bin_are_no_error():
    from model.lab.evaluation.plots import reliability_plot, roc_plot, score_plot

    sources = mean_votes(scored([example("a", 1), example("b", 1)], [0.1, 5.0]))

    for content in (roc_plot(sources, ["clinic"]), reliability_plot(sources, 0.5), score_plot(sources, 0.5)):
        assert opened(content).shape == (550, 550, 3)


def test_bars_are_as_high_as_there_are_sources():
    from model.lab.evaluation.plots import score_plot

    logits = [-2.0] * 10 + [2.0] * 40
    sources = mean_votes(scored([example(f"s{n}", 0) for n in range(50)], logits))
    picture = opened(score_plot(sources, 0.5))

    is_bar = (picture[..., 2] > picture[..., 0] + 40)[:480]  # above the axis
    heights = is_bar[:, 60:].sum(axis=0)
    low, high = heights[heights > 20].min(), heights.max()  # the legend is lower
    assert high < 440  # the frame is above
    assert high / low == pytest.approx(4.0, rel=0.1)
