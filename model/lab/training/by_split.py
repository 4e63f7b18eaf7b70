"""The quick way to a release: patients are split once, into training, validation and test.

Imports TensorFlow: for training only.
"""

from collections.abc import Sequence
from typing import Any

from model.classifier import Classifier
from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.split import Split, split_by_patient
from model.lab.dataset.views import view_pictures
from model.lab.evaluation.assess import assess
from model.lab.evaluation.compare import compare
from model.lab.evaluation.nested import Aims, draw_lines
from model.lab.evaluation.picture_facts import picture_facts
from model.lab.evaluation.scored import score_pictures
from model.lab.training.abstention.distance import distances_of, fit_distance
from model.lab.training.card.card import CardFacts, write_card
from model.lab.training.cross_validate import measured_rows
from model.lab.training.curves import draw_curves
from model.lab.training.export import Description
from model.lab.training.learner import VALIDATIONS, Learned, learn
from model.lab.training.material import Material
from model.lab.training.publish import CURVES, count_parts, publish, reference_of, release_facts
from model.lab.training.run_folder import RunFolder
from model.lab.training.train_settings import TrainResult, TrainSettings, command_of
from model.lab.training.validation import evidence

Rows = dict[str, list[int]]


def train_by_split(settings: TrainSettings, material: Material, run: RunFolder) -> TrainResult:
    """Fit on training patients, calibrate on validation patients, measure on test patients.

    Parameters
    ----------
    settings : TrainSettings
    material : Material
    run : RunFolder

    Returns
    -------
    TrainResult

    Raises
    ------
    DatasetError
        There are too few patients.
    ReleaseError
        The engines disagree about the release.
    """
    measured = {
        material.examples[row].sha256 for row in measured_rows(material.examples, settings.train_only)
    }
    split = split_by_patient(material.examples, settings.seed)
    val, test = (tuple(one for one in part if one.sha256 in measured) for part in (split.val, split.test))
    rows = rows_of(Split(split.train, val, test), material.examples)
    counts = count_parts({name: [material.examples[row] for row in part] for name, part in rows.items()})
    run.log_stage("split", parts=counts)
    early = rows["val"] if settings.patience else []
    learned = learn(
        material, settings, rows["train"], early, run.path / "fit", run.log_stage, seed=settings.seed
    )
    draw_curves(run.path / CURVES, [run.path / "fit" / VALIDATIONS])
    run.log_stage("fitted", weights=learned.weights_digest(), step=learned.best_step)
    if not settings.make_release:
        run.log_stage("done")
        return TrainResult(run.path, None)
    return _release(settings, learned, material, rows, run)


def rows_of(split: Split, examples: Sequence[Example]) -> Rows:
    """Return the rows of each part of a split.

    Parameters
    ----------
    split : Split
    examples : sequence of Example
        All; a row is the place of an example among them.

    Returns
    -------
    dict of str to list of int
        Of `train`, `val` and `test`, ascending.

    Raises
    ------
    DatasetError
        A part has not both classes.
    """
    row_of = {example.sha256: row for row, example in enumerate(examples)}
    parts = {"train": split.train, "val": split.val, "test": split.test}
    for name, part in parts.items():
        if {example.label for example in part} != {0, 1}:
            raise DatasetError(
                f"the data have too few patients: part {name} of the split has not both classes; add some, "
                "or measure by folds (--folds 3)"
            )
    return {name: sorted(row_of[example.sha256] for example in part) for name, part in parts.items()}


def _release(
    settings: TrainSettings, learned: Learned, material: Material, rows: Rows, run: RunFolder
) -> TrainResult:
    run.log_stage("calibrate")
    train, val, test = ([material.examples[row] for row in rows[name]] for name in ("train", "val", "test"))
    abstention = fit_distance(material, learned, rows["train"], settings)
    logits = evidence(learned.outputs(material.inputs[rows["val"]])["logit"])
    aims = Aims(settings.sensitivity, settings.specificity, settings.abstain_share)
    calibration, thresholds = draw_lines(
        logits, distances_of(abstention, material, learned, rows["val"]), val, aims
    )
    counts = count_parts({"train": train, "val": val, "test": test})
    facts = release_facts(
        settings,
        material,
        run,
        [*train, *val],
        calibration=calibration,
        thresholds=thresholds,
        abstention=abstention,
        more={"parts": counts},
    )
    inputs = material.inputs[rows["test"]]
    notes = settings.notes.read_text(encoding="utf-8") if settings.notes else ""

    figures: dict[str, Any] = {}

    def describe(classifier: Classifier) -> Description:
        run.log_stage("evaluate")
        table = {settings.seed: score_pictures(classifier, test, inputs)}
        hidden = {settings.seed: score_pictures(classifier, test, view_pictures(inputs, "no-centre"))}
        evaluation = assess(table, facts=picture_facts(test, settings.data)).as_plain()
        card = CardFacts(
            settings.name, settings.version, command_of(settings), counts, material.refused, thresholds,
            calibration, evaluation, settings.as_plain(), notes,
            shortcuts={"the centre blacked out (the same network)": compare(table, hidden).as_plain()},
        )  # fmt: skip
        figures.update(evaluation)
        return Description(write_card(card), evaluation, reference_of(table[settings.seed], inputs))

    run.log_stage("export")
    release = publish(settings, learned.network, facts, inputs, describe)
    run.log_stage("done", release=release.label, sha256=release.sha256, evaluation=figures)
    return TrainResult(run.path, release.path)
