"""One fitting, from material to a network in a folder; a fitting that was stopped goes on.

Imports TensorFlow: for training only.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from model.lab.evaluation.run_files import WEIGHTS
from model.lab.training.batches import Batches
from model.lab.training.fit import FitSettings, Validation, fit, seed_dropout
from model.lab.training.inference import compiled, outputs_of
from model.lab.training.material import Material
from model.lab.training.sampler import SourceSampler, few_per_source
from model.lab.training.train_settings import TrainSettings
from model.lab.training.validation import Validator
from model.network import build_network, load_weights

CHECKPOINT = "checkpoint.npz"
VALIDATIONS = "validations.json"

_VALIDATED_ON = 4
"""Files of a source that early stopping uses."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A fitted network.

    Parameters
    ----------
    network : keras.Model
        With the head `place`, for pictures of the input size.
    validations : tuple of Validation
    """

    network: keras.Model
    validations: tuple[Validation, ...]

    @cached_property
    def watch(self) -> Callable[[Any], Any]:
        """What gives the statistics of its middle layers; see `model.lab.training.abstention.fit`."""
        from model.lab.training.abstention.fit import watch_statistics

        return watch_statistics(self.network)

    @cached_property
    def run(self) -> Callable[[Any], Any]:
        """The network, compiled for inference."""
        return compiled(self.network)

    @property
    def best_step(self) -> int:
        """The step whose weights were kept."""
        return max(one.step for one in self.validations if one.best)

    def outputs(self, inputs: NDArray[np.uint16]) -> dict[str, NDArray[np.float32]]:
        """Evaluate the network on prepared pictures.

        Parameters
        ----------
        inputs : ndarray, shape (n, size, size), uint16
            n is at least 1.

        Returns
        -------
        dict of str to ndarray, shape (n, ...), float32
        """
        return outputs_of(self.run, inputs)

    def weights_digest(self) -> str:
        """Return the sha256 over all weights.

        Returns
        -------
        str
            Hexadecimal.
        """
        found = hashlib.sha256()
        for weight in self.network.weights:
            found.update(np.ascontiguousarray(weight.numpy()).tobytes())
        return found.hexdigest()


def learn(
    material: Material,
    settings: TrainSettings,
    rows: Sequence[int],
    val_rows: Sequence[int],
    folder: Path,
    on_progress: Callable[..., None],
    *,
    seed: int,
    stop_after: int | None = None,
) -> Learned:
    """Fit a network to some of the examples.

    Parameters
    ----------
    material : Material
    settings : TrainSettings
    rows : sequence of int
        Examples to learn from.
    val_rows : sequence of int
        Examples of other patients, to stop early by; without any, the schedule is gone through.
    folder : Path
        Keeps the checkpoint, then the weights and the validations.
    on_progress : callable
        As `model.lab.training.run_folder.RunFolder.log_stage`.
    seed : int
        Of the head's weights, the draws and the dropout.
    stop_after : int, optional
        Steps to do; else all of the schedule.

    Returns
    -------
    Learned
    """
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.clear_session()
    network = _begun(settings, folder, seed)
    sampler = SourceSampler(material.examples, rows, seed)
    batches = Batches(material.source, sampler, settings.schedule, settings.batch_size, seed)
    fitting = _fit_settings(settings, seed, stop_after, early=bool(val_rows))

    def on_validation(seen: Validation) -> None:
        facts = {key: _finite(value) for key, value in asdict(seen).items() if key != "step"}
        on_progress("fit", seen.step, fitting.stop_after, checkpoint=True, **facts)

    validator = _validator(material, network, val_rows)
    validations = fit(network, batches, validator, fitting, folder / CHECKPOINT, on_validation)
    learned = Learned(_of_one_size(network, settings), validations)
    learned.network.save_weights(folder / WEIGHTS)
    plain = [{key: _finite(value) for key, value in asdict(seen).items()} for seen in validations]
    (folder / VALIDATIONS).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return learned


def _begun(settings: TrainSettings, folder: Path, seed: int) -> keras.Model:
    """Build the network that a fitting begins with: on base weights, or where another run ended."""
    keras.utils.set_random_seed(seed)
    network = build_network("place", settings.base_weights, settings.dropout, size=None)
    if settings.start_from is not None:
        load_weights(network, settings.start_from / folder.relative_to(settings.out) / WEIGHTS)
    return network


def _of_one_size(network: keras.Model, settings: TrainSettings) -> keras.Model:
    """Copy a network that takes pictures of any size into one that takes those of the release."""
    copy = build_network("place", dropout=settings.dropout, size=settings.input_size)
    copy.set_weights(network.get_weights())
    seed_dropout(copy, settings.seed, 0)  # it is saved too, and else drawn by chance
    return copy


def _fit_settings(settings: TrainSettings, seed: int, stop_after: int | None, *, early: bool) -> FitSettings:
    return FitSettings(
        steps=settings.steps,
        stop_after=settings.steps if stop_after is None else stop_after,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warm_up_steps=settings.warm_up_steps,
        averaging=settings.averaging,
        validate_every=settings.validation_steps,
        patience=settings.patience if early else 0,
        smoothing=settings.smoothing,
        settle_after=settings.settle_after,
        seed=seed,
    )


def _validator(material: Material, network: keras.Model, val_rows: Sequence[int]) -> Validator | None:
    if not val_rows:
        return None
    examples = [material.examples[row] for row in val_rows]
    kept = few_per_source(examples, _VALIDATED_ON)
    inputs = material.inputs[[val_rows[number] for number in kept]]
    return Validator(network, inputs, [examples[number] for number in kept])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
