from pathlib import Path

from model.lab.evaluation.compare import compare
from model.lab.evaluation.measure_settings import MeasureSettings, compare_as_asked, stage_of
from tests.support.scored import drawn


def test_a_comparison_is_made_with_what_the_settings_ask():
    asked = MeasureSettings(Path("data"), within=("web",), draws=60, seed=3)
    first, second = ({0: drawn(40, provenances=("clinic", "web"))} for _ in range(2))

    found = compare_as_asked(asked, first, second, (0.5, 0.1))

    assert found == compare(first, second, prevalences=(0.5, 0.1), within=("web",), draws=60, seed=3)
    assert found != compare_as_asked(
        MeasureSettings(Path("data"), draws=60, seed=3), first, second, (0.5, 0.1)
    )


def test_a_stage_reports_under_its_name():
    reported = []
    on_stage = stage_of(lambda *stage: reported.append(stage), "changes")
    on_stage(2, 9)

    assert reported == [("changes", 2, 9)]
