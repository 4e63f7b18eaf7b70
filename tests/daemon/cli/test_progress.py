"""In a pipe, as here: what is on a terminal is drawn by rich."""

from daemon.cli.fitting_clock import FittingClock
from daemon.cli.output import Format
from daemon.cli.progress import stage_progress, tracked, training_progress
from model.lab.training.train_settings import Progress


def test_items_come_as_they_are_and_nothing_is_said(capsys):
    items = iter([1, 2, 3])
    assert tracked(items, 3, "reading", Format.CSV) is items
    with stage_progress() as tell:
        tell("kills", 1, 2)
    assert capsys.readouterr() == ("", "")


def test_a_training_says_each_stage_once(capsys):
    with training_progress() as tell:
        for stage in ("read", "fit", "fit", "done"):
            tell(Progress(stage, 1, 2, {}))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == ["training: read", "training: fit", "training: done"]


def test_a_training_says_how_long_all_its_fittings_take(capsys):
    seconds = iter((0.0, 60.0))
    with training_progress(FittingClock(2, float, lambda: next(seconds))) as tell:
        tell(Progress("fit", 0, 100, {}))
        tell(Progress("fit", 50, 100, {}))
    assert capsys.readouterr().err.splitlines() == [
        "training: fit 1 of 2",
        "training: fit 1 of 2, about 3 min left",
    ]
