"""What networks are fitted to: labelled pictures, prepared.

Imports TensorFlow: for training only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import Example
from model.lab.dataset.prepared import prepare_examples
from model.lab.dataset.squares import square_pictures
from model.lab.dataset.views import view_pictures
from model.lab.training.batches import Source
from model.lab.training.run_folder import RunFolder
from model.lab.training.schedule import square_size
from model.lab.training.train_settings import TrainSettings


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Labelled pictures, prepared.

    Parameters
    ----------
    examples : tuple of Example
        Those that can be read, n, in the order of sha256.
    refused : dict of str to int
        How many cannot, by error code.
    inputs : ndarray, shape (n, size, size), uint16
        As the network shall see them.
    source : Source
        Where what is learned from comes from.
    """

    examples: tuple[Example, ...]
    refused: dict[str, int]
    inputs: NDArray[np.uint16]
    source: Source


def gather_material(settings: TrainSettings, examples: Sequence[Example], run: RunFolder) -> Material:
    """Prepare pictures, as far as it is not done.

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
    """
    run.log_stage("prepare", 0, len(examples))
    kept, prepared, refused = prepare_examples(examples, settings.out / "prepared", settings.input_size)
    run.log_stage("prepare", len(examples), len(examples), refused=refused)
    squares, shapes = square_pictures(
        kept,
        settings.cache or settings.out / "cache",
        [square_size(size) for size in settings.schedule.sizes],
        lambda done, total: run.show("squares", done, total),
    )
    source = Source(kept, squares, shapes, settings.view, settings.left_out_steps())
    return Material(kept, refused, view_pictures(prepared, settings.view), source)
