"""Predictions of a cross-validation, each by a network that never saw the picture's patient: one CSV.

Columns, in this order: sha256, file, label, source, patient, provenance, seed, fold, logit, score, decision,
distance. A row a picture and seed; UTF-8, comma, header. `score` is calibrated without the fold it is for.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.decisions.decision import CLASSES, Decision
from model.lab.dataset.examples import DatasetError, Example
from model.lab.evaluation.scored import Scored
from model.lab.whole_files import replace_file

COLUMNS = (
    "sha256", "file", "label", "source", "patient", "provenance", "seed", "fold", "logit", "score",
    "decision", "distance",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class OutOfFold:
    """One seed's predictions for all pictures of a cross-validation.

    Parameters
    ----------
    seed : int
        Of the split and of the trainings.
    folds : tuple of int
        The fold in which each picture was held out.
    scored : Scored
        In the order of sha256.

    Raises
    ------
    DatasetError
        There is not one fold a picture, a picture stands there twice, or a patient is held out in two folds.
    """

    seed: int
    folds: tuple[int, ...]
    scored: Scored

    def __post_init__(self) -> None:
        """Refuse what is no cross-validation."""
        examples = self.scored.examples
        if len(self.folds) != len(examples):
            raise DatasetError(f"{len(examples)} pictures need {len(examples)} folds, not {len(self.folds)}")
        if len({example.sha256 for example in examples}) != len(examples):
            raise DatasetError(f"a picture has two predictions of seed {self.seed}; keep one of them")
        seen: dict[str, int] = {}
        for example, fold in zip(examples, self.folds, strict=True):
            if seen.setdefault(example.patient, fold) != fold:
                raise DatasetError(
                    f"a patient is held out in two folds of seed {self.seed}, so one of its pictures was "
                    "predicted by a network that knew the patient; split by patient and train again"
                )


def write_out_of_fold(path: Path, runs: Sequence[OutOfFold]) -> None:
    """Write the predictions of a cross-validation; a file that is there is replaced at once and whole.

    Parameters
    ----------
    path : Path
    runs : sequence of OutOfFold
        One a seed.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for run in sorted(runs, key=lambda run: run.seed):
        rows = zip(
            run.scored.examples, run.folds, run.scored.logits, run.scored.scores, run.scored.decisions,
            run.scored.distances, strict=True,
        )  # fmt: skip
        for example, fold, logit, score, decision, distance in sorted(rows, key=lambda row: row[0].sha256):
            writer.writerow(
                (
                    example.sha256, example.path.name, CLASSES[example.label], example.source,
                    example.patient, example.provenance, run.seed, fold,
                    repr(float(logit)), repr(float(score)), str(decision), repr(float(distance)),
                )
            )  # fmt: skip
    replace_file(path, text.getvalue().encode("utf-8", "surrogateescape"))


def read_out_of_fold(path: Path) -> tuple[OutOfFold, ...]:
    """Read what `write_out_of_fold` wrote; every number comes back as it was.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of OutOfFold
        One a seed, in the order of seeds; the path of an example is its file's name alone.

    Raises
    ------
    DatasetError
        It cannot be read, is no such file, or is no cross-validation by patient.
    """
    by_seed: dict[int, list[dict[str, str]]] = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"the out-of-fold file {path} has no column {missing[0]}; make it again")
            for row in reader:
                by_seed[int(row["seed"])].append(row)
        runs = tuple(_run(seed, rows) for seed, rows in sorted(by_seed.items()))
    except OSError as error:
        raise DatasetError(f"the out-of-fold file {path} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, csv.Error) as error:
        raise DatasetError(f"a row of the out-of-fold file {path} is malformed; make it again") from error
    if not runs:
        raise DatasetError(f"the out-of-fold file {path} has no rows; make it again")
    return runs


def _run(seed: int, rows: list[dict[str, str]]) -> OutOfFold:
    ordered = sorted(rows, key=lambda row: row["sha256"])
    scored = Scored(
        tuple(_example(row) for row in ordered),
        np.array([float(row["logit"]) for row in ordered]),
        np.array([float(row["score"]) for row in ordered]),
        tuple(Decision(row["decision"]) for row in ordered),
        np.array([float(row["distance"]) for row in ordered]),
    )
    return OutOfFold(seed, tuple(int(row["fold"]) for row in ordered), scored)


def _example(row: dict[str, str]) -> Example:
    label = CLASSES.index(row["label"])
    return Example(Path(row["file"]), row["sha256"], label, row["source"], row["patient"], row["provenance"])
