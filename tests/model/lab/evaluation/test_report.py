"""What a report says, and leaves out, of figures that are made up; from real pictures: `test_measure`."""

import json

import pytest

from model.lab.evaluation.assess import assess
from model.lab.evaluation.compare import compare
from model.lab.evaluation.faithful import Faith
from model.lab.evaluation.pointing import Pointing
from model.lab.evaluation.report import Report, mistakes_sheet, to_markdown, write_report
from model.lab.evaluation.sources import mean_votes
from tests.support.scored import drawn

TABLE = drawn(40)
ASSESSMENT = assess({0: TABLE}, draws=20)


def report(**more):
    return Report(
        "bones@1.0.0", {"sha256": "a" * 64}, **({"warnings": (), "refused": {}} | more), assessment=ASSESSMENT
    )


def sections(page):
    return [line[3:] for line in page.splitlines() if line.startswith("## ")]


def test_what_was_not_measured_has_no_section():
    assert sections(to_markdown(report())) == [
        "Figures",
        "Groups",
        "Decisions",
        "Predictive values",
        "False alarms of the worst of several independent views",
        "Worst mistakes",
        "Plots",
    ]


def test_what_was_measured_has_one():
    comparison = compare({0: TABLE}, {0: TABLE}, draws=20)
    whole = report(
        against="bones@0.9.0",
        comparison=comparison,
        shortcuts={"style alone": comparison},
        faith=Faith(4, 0.75, 1.5, 0.25),
        pointing=Pointing(8, 0.625, 0.875, 0.02),
        random_correlation=0.125,
    )
    page = to_markdown(whole)

    assert {"Shortcuts", "Compared with bones@0.9.0", "What raised the score"} < set(sections(page))
    assert "lowers the logit by 1.50, three random cells inside the body by 0.25" in page
    assert "correlate with these by 0.12." in page
    assert "In 8 pictures with a fracture and a box around it the map's highest cell lies\nin a box" in page
    assert "McNemar's exact test: p = 1." in page


def test_warnings_come_before_any_figure():
    page = to_markdown(
        report(
            warnings=("learned from 3 of these",), cautions=("patients unknown",), refused={"truncated": 2}
        )
    )

    assert (
        page.index("**learned from 3 of these**") < page.index("**patients unknown**") < page.index("AUROC")
    )
    assert "cannot be read: 2 truncated." in page


def test_a_mistake_whose_picture_is_gone_is_left_out_of_the_sheet():
    assert ASSESSMENT.mistakes
    assert mistakes_sheet(ASSESSMENT, []) == mistakes_sheet(
        ASSESSMENT, TABLE.examples
    )  # no such files either


def test_figures_for_machines_hold_no_nan(tmp_path):
    pytest.importorskip("matplotlib", reason='needs the extra "train"')
    written = write_report(tmp_path / "new" / "folder", report(), mean_votes(TABLE), TABLE.examples)
    plain = json.loads((tmp_path / "new" / "folder" / "evaluation.json").read_text())

    assert len(written) == 6
    assert plain["subject"] == "bones@1.0.0"
    assert plain == report().as_plain()
