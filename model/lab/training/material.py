"""What networks are fitted to: prepared pictures, and what the frozen stem makes of them.

Imports TensorFlow: for training only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model.classifier import to_network_input
from model.lab.dataset.examples import Example
from model.lab.dataset.prepared import prepare_examples
from model.lab.dataset.views import view_pictures
from model.lab.training import augment
from model.lab.training.feature_cache import Wanted, cached_features
from model.lab.training.run_folder import RunFolder
from model.lab.training.runtime import module_digest, package_versions
from model.lab.training.sampler import source_shares
from model.lab.training.stem_and_head import build_halves
from model.lab.training.train_settings import TrainSettings
from model.lab.training.variations import Variation, draw_variation, plan_digest, plan_variations
from model.reading.network_input import PIPELINE_VERSION

if TYPE_CHECKING:
    from model.lab.training.stem_and_head import Halves


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Labelled pictures, prepared, and their features.

    Parameters
    ----------
    examples : tuple of Example
        Those that can be read, n, in the order of sha256.
    refused : dict of str to int
        How many cannot, by error code.
    inputs : ndarray, shape (n, 224, 224), uint16
        As the network shall see them.
    plain : ndarray, shape (n, rows, columns, channels), float32
        The stem's features of the pictures as they are; memory-mapped.
    planned : tuple of Variation
    varied : ndarray, shape (variations, rows, columns, channels), float16
        The stem's features of the variations; memory-mapped.
    """

    examples: tuple[Example, ...]
    refused: dict[str, int]
    inputs: NDArray[np.uint16]
    plain: NDArray[np.floating]
    planned: tuple[Variation, ...]
    varied: NDArray[np.floating]


def gather_material(settings: TrainSettings, examples: Sequence[Example], run: RunFolder) -> Material:
    """Prepare pictures, plan their variations, and send both through the stem, as far as it is not done.

    Parameters
    ----------
    settings : TrainSettings
    examples : sequence of Example
    run : RunFolder

    Returns
    -------
    Material

    Raises
    ------
    DatasetError
        No picture can be read.
    ReleaseError
        The base weights do not fit.
    """
    run.log_stage("prepare", 0, len(examples))
    kept, prepared, refused = prepare_examples(examples, settings.out / "prepared")
    run.log_stage("prepare", len(examples), len(examples), refused=refused)
    inputs = view_pictures(prepared, settings.view)
    halves = build_halves(settings.base_weights, settings.dropout, settings.unfreeze_from, settings.seed)
    planned = plan_variations(kept, source_shares(kept), settings.variations)
    plain = _features(settings, run, halves, kept, inputs, [Variation(row, -1) for row in range(len(kept))])
    varied = _features(settings, run, halves, kept, inputs, planned)
    return Material(kept, refused, inputs, plain, planned, varied)


def _features(
    settings: TrainSettings,
    run: RunFolder,
    halves: "Halves",
    examples: Sequence[Example],
    inputs: NDArray[np.uint16],
    planned: Sequence[Variation],
) -> NDArray[np.floating]:
    """Return features of variations; those of epoch -1 are the pictures as they are."""
    varies, without = planned[0].epoch >= 0, settings.left_out_steps()
    identity: dict[str, Any] = {
        "stem": halves.stem_digest(),
        "learns_from": settings.unfreeze_from,
        "pictures": plan_digest(examples, planned),
        "view": settings.view,
        "pipeline_version": PIPELINE_VERSION,
        "packages": package_versions(),
    }
    if varies:
        identity |= {"augmentation": module_digest(augment), "seed": settings.augmentation_seed}
        identity |= {"without": sorted(without)}

    def picture(number: int) -> NDArray[np.float32]:
        row, epoch = planned[number].row, planned[number].epoch
        if not varies:
            return to_network_input(inputs[row])[..., 0]
        return draw_variation(inputs[row], examples[row].sha256, epoch, settings.augmentation_seed, without)

    stage = "variations" if varies else "features"
    wanted = Wanted(identity, len(planned), "float16" if varies else "float32", picture, halves.run_stem)
    features = cached_features(
        settings.cache or settings.out / "cache", wanted, lambda done, total: run.show(stage, done, total)
    )
    run.log_stage(stage, len(planned), len(planned))
    return features
