"""What all ways to a release share: what the release records of its training."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.decisions.calibration import Calibration
from model.decisions.decision import CLASSES, Thresholds
from model.decisions.strangeness import Strangeness
from model.drift.appearance import measure_picture
from model.drift.reference import Reference, make_reference
from model.lab.dataset.examples import Example, digest
from model.lab.evaluation.scored import Scored
from model.lab.training.run_folder import RunFolder
from model.lab.training.sampler import few_per_source
from model.lab.training.train_settings import TrainSettings, release_folder
from model.reading.network_input import PIPELINE_VERSION
from model.release import Release, open_release

if TYPE_CHECKING:
    import keras

    from model.classifier import Classifier
    from model.lab.training.export import Description, ReleaseFacts
    from model.lab.training.material import Material

CURVES = "curves.png"

_HASH_LENGTH = 12


def release_facts(
    settings: TrainSettings,
    material: "Material",
    run: RunFolder,
    used: Sequence[Example],
    *,
    calibration: Calibration,
    thresholds: Thresholds,
    abstention: Strangeness,
    more: Mapping[str, Any],
) -> "ReleaseFacts":
    """Gather what a release holds besides its network.

    Parameters
    ----------
    settings : TrainSettings
    material : Material
    run : RunFolder
    used : sequence of Example
        All that had a part in weights, calibration or thresholds. The release names their hashes, so that an
        evaluation can refuse a picture that was learned from.
    calibration : Calibration
    thresholds : Thresholds
    abstention : Strangeness
    more : mapping
        For `training` in the release's manifest.

    Returns
    -------
    ReleaseFacts
    """
    from model.lab.training.export import ReleaseFacts

    training = {
        "digest": digest(used),
        **more,
        "refused": material.refused,
        "settings": settings.as_plain(),
        "run": run.digests(),
        "sha256_12": sorted({example.sha256[:_HASH_LENGTH] for example in used}),
    }
    return ReleaseFacts(
        settings.name, settings.version, thresholds, calibration, abstention, PIPELINE_VERSION, training
    )


def publish(
    settings: TrainSettings,
    network: "keras.Model",
    facts: "ReleaseFacts",
    pictures: NDArray[np.uint16],
    describe: "Callable[[Classifier], Description]",
) -> Release:
    """Write a release, and let it appear only when it is whole: a run that is killed can write it again.

    Parameters
    ----------
    settings : TrainSettings
    network : keras.Model
    facts : ReleaseFacts
    pictures : ndarray, shape (n, size, size), uint16
        On which the engines must agree; n at least 1.
    describe : callable
        See `model.lab.training.export.write_release`.

    Returns
    -------
    Release

    Raises
    ------
    ReleaseError
        The engines disagree.
    """
    from model.lab.training.export import write_release

    folder = release_folder(settings)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_release(unfinished, network, facts, pictures, describe)
    unfinished.rename(folder)
    return open_release(folder)


def reference_of(scored: Scored, inputs: NDArray[np.uint16]) -> Reference:
    """Sum up the predictions of held-out pictures, one file a source.

    Parameters
    ----------
    scored : Scored
        Scores at the calibration's prevalence, and decisions.
    inputs : ndarray, shape (n, size, size), uint16
        The pictures, in the order of `scored`.

    Returns
    -------
    Reference
    """
    rows = few_per_source(scored.examples, 1)
    return make_reference(
        [CLASSES[scored.examples[row].label] for row in rows],
        [str(scored.decisions[row]) for row in rows],
        [float(scored.scores[row]) for row in rows],
        [measure_picture(inputs[row : row + 1]) for row in rows],
    )


def count_parts(parts: Mapping[str, Sequence[Example]]) -> dict[str, dict[str, int]]:
    """Count patients, sources, fractured sources and files of each part.

    Parameters
    ----------
    parts : mapping of str to sequence of Example

    Returns
    -------
    dict of str to dict of str to int
    """
    return {
        name: {
            "patients": len({example.patient for example in examples}),
            "sources": len({example.source for example in examples}),
            "fractured": len({example.source for example in examples if example.label}),
            "files": len(examples),
        }
        for name, examples in parts.items()
    }
