"""Train a network and make a release of it: read, gather, fit, calibrate, export, measure, describe.

Imports TensorFlow when it trains, not before.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from model.errors import ReleaseError
from model.lab.dataset.examples import (
    DatasetError,
    Example,
    digest,
    read_examples,
    tell_nothing_of_patients,
    without_sources,
)
from model.lab.evaluation.run_files import SETTINGS
from model.lab.training.run_folder import RunFolder, open_run
from model.lab.training.runtime import file_digest, package_versions, start_tensorflow
from model.lab.training.train_settings import Progress, TrainResult, TrainSettings, release_folder
from model.reading.network_input import PIPELINE_VERSION

__all__ = ["Progress", "TrainResult", "TrainSettings", "train"]


def train(settings: TrainSettings, progress: Callable[[Progress], None] = lambda _: None) -> TrainResult:
    """Train, and make a release.

    The same data and settings on the same machine give the same weights to the last bit, also if the run was
    killed and resumed.

    Parameters
    ----------
    settings : TrainSettings
    progress : callable
        Called at each step of the training.

    Returns
    -------
    TrainResult

    Raises
    ------
    DatasetError
        The pictures cannot be used, nothing says which belong together, or a step of the variations that is
        to be left out is not known.
    EngineError
        TensorFlow is not installed.
    ReleaseError
        The base weights do not fit, the release is there already, or the engines disagree about it.
    RunError
        The folder holds a run that is not to be resumed, or another one.
    """
    folder = release_folder(settings)
    if folder.exists():  # refused before an hour of training, not after
        raise ReleaseError(
            f"{folder} is there already: choose another version, a release is never overwritten"
        )
    settings.left_out_steps()
    progress(Progress("read", 0, 0, {}))
    examples = without_sources(read_examples(settings.data), settings.leave_out)
    if not settings.unrelated:
        _refuse_unknown_patients(examples)
    threads = start_tensorflow(settings.threads)
    run = _opened(settings, examples, threads, progress)
    from model.lab.training.by_folds import train_by_folds
    from model.lab.training.by_split import train_by_split
    from model.lab.training.material import gather_material

    run.log_stage("read", len(examples), len(examples))
    material = gather_material(settings, examples, run)
    return (train_by_folds if settings.folds else train_by_split)(settings, material, run)


def _refuse_unknown_patients(examples: Sequence[Example]) -> None:
    """Refuse files of which none is known to be a copy: a split would part what belongs together.

    Its figures would be those of a memory, and its card would say that patients were kept apart.
    """
    if tell_nothing_of_patients(examples):
        raise DatasetError(
            "nothing in the data says which files are copies, or of one patient: run `inboxray model audit "
            "FOLDER --out AUDIT` and train on AUDIT/manifest.csv; or add --unrelated if each file is a "
            "picture of a patient of its own"
        )


def _opened(
    settings: TrainSettings,
    examples: Sequence[Example],
    threads: dict[str, int],
    progress: Callable[[Progress], None],
) -> RunFolder:
    digests: dict[str, Any] = {
        "data": digest(examples),
        "base_weights": file_digest(settings.base_weights) if settings.base_weights else None,
        "start_from": file_digest(settings.start_from / SETTINGS) if settings.start_from else None,
        "inboxray": version("inboxray"),
        "pipeline_version": PIPELINE_VERSION,
        "threads": threads,
        "packages": package_versions(),
    }
    return open_run(settings.out, settings.as_plain(), digests, progress, resume=settings.resume)
