import math

import numpy as np
import pytest

from model.lab.evaluation.assess import assess
from model.lab.evaluation.assessment import as_plain, summarise
from tests.support.scored import drawn


def test_what_is_no_number_is_none_in_json_at_any_depth():
    found = as_plain({1: (1.5, math.nan, [{"high": math.inf, "words": "nan"}]), "none": None, "count": 3})

    assert found == {"1": [1.5, None, [{"high": None, "words": "nan"}]], "none": None, "count": 3}


def test_a_figure_is_the_mean_of_the_seeds_with_the_interval_of_the_means():
    draws = np.linspace(0.0, 1.0, 1001)
    one, other = np.append(0.2, draws), np.append(0.6, draws[::-1])

    alone, both = summarise([one]), summarise([one, other])

    assert (alone.value, alone.seeds) == (0.2, ())
    assert (alone.low, alone.high) == (pytest.approx(0.025), pytest.approx(0.975))
    assert (both.value, both.seeds) == (pytest.approx(0.4), (0.2, 0.6))
    assert (both.low, both.high) == (pytest.approx(0.5), pytest.approx(0.5))  # what cancels in the mean


def test_pooled_is_the_group_of_all():
    found = assess({0: drawn(40, provenances=("clinic", "web"))}, draws=10)

    assert (found.pooled.by, found.pooled.sources) == ("all", 40)
    assert found.as_plain()["groups"][0]["figures"]["auroc"]["value"] == found.pooled.figures["auroc"].value
