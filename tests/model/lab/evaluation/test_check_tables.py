from model.decisions.decision import Decision
from model.lab.evaluation.assessment_tables import SHOWN
from model.lab.evaluation.check_tables import (
    comparison_table,
    probes_words,
    robustness_table,
    shortcuts_table,
    strangers_table,
)
from model.lab.evaluation.compare import compare
from tests.support.scored import drawn

COMPARISON = compare({0: drawn(40)}, {0: drawn(40)}, draws=20).as_plain()
FIGURE = {"value": 0.75, "low": 0.5, "high": 1.0}


def cells(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_two_networks_stand_beside_each_other_in_every_figure():
    head, _, *rows = cells(comparison_table(COMPARISON, "new", "old"))

    assert head[1:3] == ["new", "old"]
    assert len(rows) == len(SHOWN)
    assert all(row[1] == row[2] for row in rows)  # the same network twice


def test_a_shortcut_has_its_figure_and_the_lead_over_it():
    (row,) = cells(shortcuts_table({"style alone": COMPARISON}))[2:]
    second = COMPARISON["figures"]["auroc"]["second"]

    assert (row[0], row[3]) == ("style alone", f"{second:.3f}")


def test_a_probe_is_compared_with_a_guess():
    words = probes_words({"provenance": {"balanced_accuracy": 0.5, "sources": 9, "chance": 0.25}})

    assert words == ("- provenance: balanced accuracy 0.500 on 9 held-out sources; a guess has 0.250")


def test_a_change_has_what_it_does_to_answers():
    row = {"name": "blurred", "balanced_accuracy": FIGURE, "change": FIGURE, "abstained": FIGURE}

    assert cells(robustness_table([row | {"mean_shift": 0.125}]))[2] == [
        "blurred", "0.750", "0.750 (0.500 to 1.000)", "75.0 %", "0.125",
    ]  # fmt: skip


def test_strangers_are_summed_over_the_kinds_that_have_pictures():
    rows = [
        {"kind": "ct", "pictures": 4, "decisions": {Decision.ABSTAINED: 3, Decision.FRACTURED: 1}},
        {"kind": "empty", "pictures": 0, "decisions": {}},
        {"kind": "maps", "pictures": 1, "decisions": {Decision.ABSTAINED: 1}},
    ]

    assert [row[:3] for row in cells(strangers_table(rows))[2:]] == [
        ["ct", "4", "75.0 %"],
        ["maps", "1", "100.0 %"],
        ["all", "5", "80.0 %"],
    ]
