import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.lab.reproduction.figures import figures_of, wilson
from model.lab.reproduction.fits import Apart, Provenance, Published
from model.lab.reproduction.report import PUBLISHED, plain, write_report
from model.lab.reproduction.settings import PublishedSettings
from model.lab.reproduction.split import Leak
from model.lab.statistics.metrics import Interval

SETTINGS = PublishedSettings(
    Path("/secret/place/xrays"), Path("/secret/place/base"), Path("/secret/place/out")
)
AUROC = Interval(0.75, 0.5, 1.0)


def figures(right, count):
    """Give figures of so many right answers, of as many of each class."""
    labels = np.arange(count) % 2
    return figures_of(labels, np.where(np.arange(count) < right, 1.0, -1.0) * (2.0 * labels - 1.0))


def published(right=470, count=500):
    found = figures(right, count)
    return Published(
        files={"train": 9, "val": 8, "test": count, "missing": 7},
        leaks=(Leak("test", "train", count, 400, 450, 480),),
        test=found,
        auroc_bare=0.987,
        contradictions=3,
        by_one_sigmoid=wilson(right, count),
        no_same_bytes=figures(9, 10),
        no_same_source=figures(0, 0),
        epochs=4,
    )


APART = Apart(
    24, 20, figures(18, 24), figures(30, 40), 0.5, AUROC, AUROC,
    (Provenance("clinic", 6, 6, figures(9, 12), Interval(math.nan, math.nan, math.nan)),), (2, 3),
)  # fmt: skip


@pytest.mark.parametrize(("right", "words"), [(470, "**inside**"), (400, "**above**"), (499, "**below**")])
def test_where_the_published_accuracy_lies_is_said(right, words):
    found = published(right)
    text = write_report(SETTINGS, {}, found, APART)

    assert f"lies {words} the interval" in text
    holds = plain(SETTINGS, {}, found, APART)["stated_lies_in_interval"]
    assert holds == (words == "**inside**")
    assert holds == (found.test.accuracy.low <= PUBLISHED["accuracy"] <= found.test.accuracy.high)


def test_without_a_public_split_only_patients_apart_are_reported():
    text = write_report(SETTINGS, {"truncated": 2}, None, APART)

    assert "name no public split" in text
    assert "As published" not in text
    assert "left out: 2 truncated." in text
    assert plain(SETTINGS, {}, None, APART)["public_split"] is None


def test_what_is_no_number_is_a_dash_on_the_page_and_null_in_the_file():
    text, found = (write(SETTINGS, {}, published(), APART) for write in (write_report, plain))

    assert re.search(r"\bnan\b", text) is None
    assert "| without a rotated copy either | 0 / 0 | - | - | - |" in text
    json.dumps(found, allow_nan=False)
    assert found["patients_apart"]["provenances"][0]["auroc"]["value"] is None


def test_leaks_are_counted_and_no_folder_is_named():
    found = replace(published(), contradictions=17)
    text = write_report(SETTINGS, {}, found, APART)

    assert "| test in train | 500 | 400 | 450 | 480 |" in text
    assert "for 17;" in text
    assert "secret" not in text + json.dumps(plain(SETTINGS, {}, found, APART))
