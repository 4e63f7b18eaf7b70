"""What an evaluation is asked, and what it gives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.lab.dataset.examples import Example
from model.lab.evaluation.compare import Comparison, compare
from model.lab.evaluation.out_of_fold import OutOfFold
from model.lab.evaluation.report import Report
from model.lab.evaluation.scored import Scored
from model.lab.evaluation.sources import Sources

OnProgress = Callable[[str, int, int], None]
"""Called with the stage, how much of it is done, and of how much."""

HARDWARE = "hardware"
"""Column of a manifest: nails, plates, casts."""

Shortcut = Callable[[OutOfFold, Sequence[Example]], Mapping[int, Scored]]
"""Predicts the pictures of a cross-validation, which come with the paths of their files, by seed."""


def of_one_seed(predict: Callable[[OutOfFold, Sequence[Example]], Scored]) -> Shortcut:
    """Give what predicts for one seed as a shortcut.

    Parameters
    ----------
    predict : callable

    Returns
    -------
    callable
    """
    return lambda run, examples: {run.seed: predict(run, examples)}


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How to evaluate.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.lab.dataset.examples.read_examples`.
    within : tuple of str, optional
        Provenances for the AUROC within provenance; else as `model.lab.evaluation.figures.usual_within` says.
    draws, seed : int
        Of the bootstrap.
    allow_trained : bool
        Whether to go on, with a warning in the report, where a release learned from the pictures.
    changes : bool
        Whether to measure what changed pictures do to the answers; a dozen predictions a source.
    heat_map : bool
        Whether to measure the faith of the heat map; half a dozen predictions a picture with a fracture.
    probes : bool
        Whether to measure what else the features of a cross-validation's networks predict: provenance, and
        the manifest's column `hardware` if there is one.
    strangers : Path, optional
        Pictures that are no radiographs of bones; see `model.lab.evaluation.strangers.meet_strangers`.
    """

    data: Path
    within: tuple[str, ...] | None = None
    draws: int = 2000
    seed: int = 0
    allow_trained: bool = False
    changes: bool = False
    heat_map: bool = False
    probes: bool = False
    strangers: Path | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A report, and what its plots and contact sheet are drawn from.

    Parameters
    ----------
    report : Report
    sources : Sources
    examples : tuple of Example
    """

    report: Report
    sources: Sources
    examples: tuple[Example, ...]


def compare_as_asked(
    settings: MeasureSettings,
    first: Mapping[int, Scored],
    second: Mapping[int, Scored],
    prevalences: tuple[float, float],
) -> Comparison:
    """Compare two networks with the provenances, draws and seed of the settings.

    Parameters
    ----------
    settings : MeasureSettings
    first, second : mapping of int to Scored
    prevalences : tuple of (float, float)

    Returns
    -------
    Comparison
    """
    return compare(
        first,
        second,
        prevalences=prevalences,
        within=settings.within,
        draws=settings.draws,
        seed=settings.seed,
    )


def stage_of(on_progress: OnProgress, name: str) -> Callable[[int, int], None]:
    """Return a callback for the progress of one stage, of the callback for all.

    Parameters
    ----------
    on_progress : OnProgress
    name : str

    Returns
    -------
    callable
    """
    return lambda done, total: on_progress(name, done, total)
