"""Whether a release stands by its answer when a picture is cropped, masked, compressed or turned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.classifier import Classifier
from model.lab.dataset.examples import DatasetError, Example
from model.lab.evaluation.assessment import Figure, summarise
from model.lab.evaluation.bootstrap import draw_votes
from model.lab.evaluation.perturb import AS_IT_IS, Picture, perturbations
from model.lab.evaluation.scored import Scored, join_tables, score_pictures
from model.lab.evaluation.sources import mean_votes
from model.lab.evaluation.threshold import decision_figures, threshold_figures
from model.reading.prepare import open_pictures


@dataclass(frozen=True, slots=True)
class Perturbed:
    """What becomes of a release's answers when pictures are changed.

    Parameters
    ----------
    name : str
        Of the change; see `model.lab.evaluation.perturb.perturbations`.
    balanced_accuracy : Figure
        At 0.5 of the calibrated score.
    change : Figure
        Of the balanced accuracy, in the same draws of patients.
    abstained : Figure
        Share of the sources.
    mean_shift : float
        Mean distance between the scores of a picture before and after.
    """

    name: str
    balanced_accuracy: Figure
    change: Figure
    abstained: Figure
    mean_shift: float


def one_file_each(examples: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """Draw one file of each source: copies would be the same question again.

    Parameters
    ----------
    examples : sequence of Example
    seed : int

    Returns
    -------
    tuple of Example
    """
    rng = np.random.default_rng(seed)
    files: dict[str, list[Example]] = {}
    for example in sorted(examples, key=lambda example: example.sha256):
        files.setdefault(example.source, []).append(example)
    return tuple(files[name][int(rng.integers(len(files[name])))] for name in sorted(files))


def read_picture(example: Example) -> Picture:
    """Decode the first picture of a file, full size, as a viewer shows it.

    Parameters
    ----------
    example : Example

    Returns
    -------
    ndarray, shape (rows, columns), uint16

    Raises
    ------
    DatasetError
        The file cannot be read any more.
    ScanError
        It is no picture.
    """
    try:
        content = example.path.read_bytes()
    except OSError as error:
        raise DatasetError(f"a picture of the data cannot be read: {error.strerror}") from error
    return next(iter(open_pictures(content)))


def perturbed_tables(
    classifier: Classifier,
    examples: Sequence[Example],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Scored]:
    """Let a release predict changed pictures.

    Parameters
    ----------
    classifier : Classifier
    examples : sequence of Example
        That can be read; see `one_file_each`.
    seed : int
        Of the noise.
    progress : callable
        Called with how many pictures are done, of how many.

    Returns
    -------
    dict of str to Scored
        By the name of the change, the unchanged first; networks of several folds can be joined by
        `model.lab.evaluation.scored.join_tables`.
    """
    changes = perturbations(classifier.input_size)
    found: dict[str, list[Scored]] = {name: [] for name in changes}
    for index, example in enumerate(examples):
        progress(index, len(examples))
        picture = read_picture(example)
        rng = np.random.default_rng([seed, index])
        inputs = np.stack([change(picture, rng) for change in changes.values()])
        table = score_pictures(classifier, [example] * len(inputs), inputs)
        for row, name in enumerate(changes):
            found[name].append(table.take([row]))
    progress(len(examples), len(examples))
    return {name: join_tables(rows) for name, rows in found.items()}


def robustness(tables: dict[str, Scored], draws: int = 2000, seed: int = 0) -> tuple[Perturbed, ...]:
    """Compare the predictions for changed pictures with those for the pictures as they are.

    Parameters
    ----------
    tables : dict of str to Scored
        As `perturbed_tables` gives them.
    draws, seed : int
        Of the bootstrap over patients.

    Returns
    -------
    tuple of Perturbed
    """
    whole = mean_votes(tables[AS_IT_IS])
    votes = draw_votes(whole, draws, seed)
    usual = threshold_figures(whole.scores, whole.labels, votes)["balanced_accuracy"]
    found = []
    for name, table in tables.items():
        changed = mean_votes(table)
        balanced = threshold_figures(changed.scores, changed.labels, votes)["balanced_accuracy"]
        decisions = decision_figures(changed.shares, changed.labels, votes)
        found.append(
            Perturbed(
                name=name,
                balanced_accuracy=summarise([balanced]),
                change=summarise([balanced - usual]),
                abstained=summarise([decisions["abstained"]]),
                mean_shift=float(np.abs(changed.scores - whole.scores).mean()),
            )
        )
    return tuple(found)
