import re
from pathlib import Path

import numpy as np
import pytest

from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.lab.evaluation.assess import assess
from model.lab.evaluation.compare import compare
from model.lab.training.card.card import CardFacts, write_card
from model.lab.training.train_settings import TrainSettings, command_of
from model.release import find_release, open_release
from tests.support.scored import drawn, scored


@pytest.fixture(scope="module")
def card():
    part = {"patients": 3, "sources": 4, "fractured": 2, "files": 9}
    return write_card(
        CardFacts(
            "small", "9.8.7", "inboxray model train", {"train": part, "val": part, "test": part},
            {"truncated": 5}, Thresholds(0.25, 0.75, 1.5), Calibration(0.5, -0.25, 0.5),
            assess({0: drawn(30)}, draws=20).as_plain(),
            {"seed": 3, "sensitivity": 0.97, "specificity": 0.91}, "## About\n\nODC-By",
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "words",
    ["Not a medical device", "0.2500", "0.7500", "5 truncated", "ODC-By", "seed 3", "9.8.7", "0.97", "0.91"],
)
def test_the_card_tells(card, words):
    assert words in card


def test_no_path_of_a_machine_reaches_a_card():
    settings = TrainSettings(Path("/secret/data"), Path("/secret/base.weights.h5"), Path("/secret/run"))

    assert "secret" not in str(settings.as_plain()) + command_of(settings)
    assert "--data data --base-weights base.weights.h5" in command_of(settings)


def test_the_shipped_card_is_honest_about_style_and_rights():
    release = open_release(find_release())
    card = release.read("MODEL_CARD.md").decode()

    for words in (
        "AUROC within\nprovenance: fracatlas, rotated",
        "A classifier that sees style alone",
        "ODC-By 1.0",
        "CC BY 4.0",
        "Apache-2.0",
    ):
        assert words in card
    assert f"# {release.name} {release.version}" in card
    cells = release.shape.map_size
    assert f"{cells} x {cells}\nmap of what raised the score" in card


def of_folds(strength=2.0, shortcut=0.0, **more):
    """A card of a cross-validation, whose network and shortcut tell fractures so well apart."""
    table = drawn(120, provenances=("clinic", "ward"), strength=strength)
    noise = np.random.default_rng(5).normal(0.0, 1.0, 120)
    labels = np.array([example.label for example in table.examples])
    blind = scored(table.examples, noise + shortcut * labels)
    part = {"patients": 120, "sources": 120, "fractured": 60, "files": 120}
    return write_card(
        CardFacts(
            "small", "9.8.7", "inboxray model train", {"all": part}, {}, Thresholds(0.25, 0.75, 1.5),
            Calibration(0.5, -0.25, 0.5), assess({0: table}, draws=200).as_plain(), {"seed": 3}, "## About",
            shortcuts={"no centre": compare({0: table}, {0: blind}, draws=200).as_plain()}, **more,
        )
    )  # fmt: skip


def paragraph(card):
    return card.split("\n\n")[1]


def test_the_first_paragraph_sets_the_shortcut_beside_the_network():
    first = paragraph(of_folds())

    assert re.search(
        r"the higher score in 0\.9\d\d \(0\.\d{3} to \d\.\d{3}\) of the pairs", first.replace("\n", " ")
    )
    assert re.search(r"A classifier that sees no centre reaches 0\.[345]\d\d \(pooled", first)
    assert "Each lead that was measured is shown to lie above 0" in first


def test_the_first_paragraph_says_so_if_a_lead_is_not_shown():
    first = paragraph(of_folds(shortcut=2.0))

    assert "no centre is not shown to lie above 0: that the network looks at bone is not proved.**" in first
    assert "Each lead" not in first


def test_a_card_without_tests_of_shortcuts_says_so():
    first = paragraph(
        write_card(
            CardFacts(
                "small", "1", "c", {}, {}, Thresholds(0.25, 0.75, 1.5), Calibration(0.5, 0.0, 0.5),
                assess({0: drawn(30)}, draws=20).as_plain(), {}, "",
            )
        )
    )  # fmt: skip

    assert "**No test of shortcuts was made: how much of this is style is not known.**" in first


def test_what_a_card_of_folds_tells():
    card = of_folds(
        measured="out_of_fold",
        counts={"hardware": {"plates": {"fractured": 7, "not_fractured": 0}}},
        robustness=[
            {
                "name": "JPEG 60",
                "balanced_accuracy": {"value": 0.9, "low": 0.8, "high": 1.0},
                "change": {"value": -0.01, "low": -0.03, "high": 0.0},
                "abstained": {"value": 0.02, "low": 0.0, "high": 0.1},
                "mean_shift": 0.0123,
            }
        ],
        heat_map={"pictures": 60, "share": 0.85, "random_correlation": 0.02},
    )

    for words in (
        "| JPEG 60 | 0.900 | -0.010 (-0.030 to 0.000) | 2.0 % | 0.012 |",
        "| hardware | plates | 7 | 0 |",
        "inside the body in 85 % of 60 pictures",
        "cross-validation",
        "The released network learned from all",
        "| 2 % | ",
        "| 30 % | ",
        "another spectrum of",
        "| 4 | ",
        "provenance: ward",
        "Failures",
        "Not a medical device",
        "## About",
    ):
        assert words in card, words
    for found in re.findall(r"(?:^\|.*\|\n)+", card, re.MULTILINE):
        assert len({line.count("|") for line in found.splitlines()}) == 1
