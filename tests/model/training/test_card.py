import re
from pathlib import Path

import pytest

from model.calibrate import Calibration
from model.decision import Thresholds
from model.evaluation.evaluate import Evaluation, Group
from model.evaluation.metrics import Interval
from model.release import find_release, open_release
from model.training.card import CardFacts, settings_of, write_card
from model.training.train_settings import TrainSettings, command_of

NOT_KNOWN = Interval(float("nan"), float("nan"), float("nan"))


def group(name, value, fractured=8):
    return Group(name, 20, fractured, 18, 50, Interval(value, value - 0.1, value + 0.1))


@pytest.fixture
def card():
    evaluation = Evaluation(
        pooled=group("pooled", 0.91),
        within=(group("clinic", 0.71), group("web", 0.81, fractured=18)),
        mean_within=Interval(0.71, 0.6, 0.8),
        decisions={
            label: {"fractured": 6.0, "uncertain": 3.5, "abstained": 0.5, "not_fractured": 2.0}
            for label in ("fractured", "not_fractured")
        },
        brier=0.123,
        without_centre=(group("pooled", 0.88), group("clinic", 0.61), group("web", 0.65, fractured=18)),
    )
    part = {"patients": 3, "sources": 4, "fractured": 2, "files": 9}
    return write_card(
        CardFacts(
            "small",
            "9.8.7",
            "inboxray model train",
            {"train": part, "val": part, "test": part},
            {"truncated": 5},
            Thresholds(0.25, 0.75, 1.5),
            Calibration(0.5, -0.25, 0.5),
            evaluation,
            {"seed": 3, "sensitivity": 0.97, "specificity": 0.91},
            "## About\n\nODC-By",
        )
    )


def test_the_card_tells_pooled_and_within_with_their_intervals(card):
    assert "| pooled | 18 | 8 / 12 | 50 | 0.91 (0.81 to 1.01) | 0.88 |" in card
    assert "| within clinic | 18 | 8 / 12 | 50 | 0.71 (0.61 to 0.81) | 0.61 |" in card
    assert "**0.71 (0.60 to 0.80)**" in card


def test_too_few_of_a_label_are_told(card):
    assert "only 2 of one label" in card
    assert card.count("only") == 1


@pytest.mark.parametrize(
    "words", ["Not a medical device", "0.2500", "0.7500", "5 truncated", "ODC-By", "seed 3", "9.8.7"]
)
def test_the_card_tells(card, words):
    assert words in card


def test_every_table_is_whole(card):
    tables = re.findall(r"(?:^\|.*\|\n)+", card, re.MULTILINE)

    assert len(tables) == 3
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_no_path_of_a_machine_reaches_a_card():
    settings = TrainSettings(Path("/secret/data"), Path("/secret/base.weights.h5"), Path("/secret/run"))

    assert "secret" not in str(settings_of(settings)) + command_of(settings)
    assert "--data data --base-weights base.weights.h5" in command_of(settings)


def test_the_shipped_card_is_honest_about_style_and_rights():
    release = open_release(find_release())
    card = release.read("MODEL_CARD.md").decode()

    for words in (
        "within fracatlas",
        "within rotated",
        "Mean of the AUROC within",
        "ODC-By 1.0",
        "CC BY 4.0",
        "Apache-2.0",
    ):
        assert words in card
    assert f"# {release.name} {release.version}" in card
