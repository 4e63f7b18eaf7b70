"""The gradient steps: the whole network learns, batch normalisation too.

Imports TensorFlow: for training only.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from model.lab.training.batches import Batch, Batches
from model.lab.training.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from model.lab.training.learning import late_variables, new_optimizer
from model.lab.training.losses import total_loss
from model.lab.training.validation import Validator

__all__ = ["FitSettings", "Validation", "fit"]

_BATCH_FIELDS = ("labels", "places", "are_places_known", "regions")
_SEED = "seed_generator_state"
"""What the path of a variable ends in that holds the state of a dropout."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How the network is fitted.

    Parameters
    ----------
    steps : int
        Length of the schedule.
    stop_after : int
        Steps to do, at most `steps`.
    learning_rate : float
        Of AdamW after the warm-up; it falls as a cosine to a hundredth.
    warm_up_steps : int
        Over the first of the steps the rate rises from 0.
    weight_decay : float
        Share of each weight, but biases and normalisation, that a step of rate 1 takes away.
    averaging : float
        What is looked at, and kept, is the moving average of weights and statistics with this momentum.
    validate_every : int
        Validate, and write a checkpoint, after so many steps.
    patience : int
        Stop after so many validations without a better one, those before pictures of full size left out; 0
        never stops, and keeps the last.
    smoothing : float
        Labels are held this far off 0 and 1.
    settle_after : int
        From this step on the blocks before `model.network.LATE_FROM` learn no more, but their statistics;
        0 lets all learn to the end.
    seed : int
        Of the dropout.
    """

    steps: int
    stop_after: int
    learning_rate: float
    warm_up_steps: int
    weight_decay: float
    averaging: float
    validate_every: int
    patience: int
    smoothing: float
    settle_after: int
    seed: int


@dataclass(frozen=True, slots=True)
class Validation:
    """One validation of a fitting.

    Parameters
    ----------
    step : int
        Steps done.
    train_loss : float
        Mean since the one before; NaN before the first step.
    val_loss, val_auroc : float
        See `model.lab.training.validation.Validator.validate`; NaN without validation patients.
    best : bool
        Whether this is the best so far.
    """

    step: int
    train_loss: float
    val_loss: float
    val_auroc: float
    best: bool


def fit(
    network: keras.Model,
    batches: Batches,
    validator: Validator | None,
    settings: FitSettings,
    checkpoint: Path,
    on_validation: Callable[[Validation], None],
) -> tuple[Validation, ...]:
    """Fit a network, and leave in it the averaged weights that were best.

    Parameters
    ----------
    network : keras.Model
        With the head `place`, for pictures of any size.
    batches : Batches
    validator : Validator, optional
        Looks at patients that `batches` has none of; without, the last weights are the best.
    settings : FitSettings
    checkpoint : Path
        Where the fitting stands. If the file is there, the fitting goes on from it, and ends in the same
        weights as one that never stopped.
    on_validation : callable
        Called with each validation, after its checkpoint was written.

    Returns
    -------
    tuple of Validation
        All, those before a resume included.

    Raises
    ------
    CheckpointError
        The checkpoint is of another fitting, or is broken.
    """
    identity = hashlib.sha256(repr(settings).encode() + batches.sampler.digest().encode())
    state = _State(network, settings, identity)
    if not state.read(checkpoint):
        state.validate(validator, 0, float("nan"))
        state.write(checkpoint)
        on_validation(state.validations[-1])
    losses: list[Any] = []
    for step, batch in batches.between(state.validations[-1].step, settings.stop_after):
        if state.waited(batches.schedule.full_size_from) >= settings.patience > 0:
            break
        seed_dropout(network, settings.seed, step)
        losses.append(state.learn(batch, step))
        if (step + 1) % settings.validate_every and step + 1 != settings.stop_after:
            continue
        state.validate(validator, step + 1, float(np.mean([float(loss) for loss in losses])))
        losses.clear()
        state.write(checkpoint)
        on_validation(state.validations[-1])
    state.take_best()
    seed_dropout(network, settings.seed, settings.stop_after)  # a network that went on is saved alike
    return tuple(state.validations)


def seed_dropout(network: keras.Model, seed: int, step: int) -> None:
    """Let what a step leaves out depend on nothing but seed and step, so that a resumed run goes on alike.

    Parameters
    ----------
    network : keras.Model
        Its random generators are set.
    seed, step : int
    """
    for variable in network.variables:
        if variable.path.endswith(_SEED):
            variable.assign([seed, step])


class _State:
    """All that changes while a network is fitted, and so all that a checkpoint holds."""

    def __init__(self, network: keras.Model, settings: FitSettings, identity: Any) -> None:
        self._settings = settings
        self._identity = np.frombuffer(identity.digest(), dtype=np.uint8)
        self._weights = [variable for variable in network.weights if not variable.path.endswith(_SEED)]
        self._trainable = network.trainable_variables
        self._averages = [tf.Variable(variable.value) for variable in self._weights]
        self._optimizer = new_optimizer(
            settings.steps, settings.warm_up_steps, settings.learning_rate, settings.weight_decay
        )
        self._optimizer.build(self._trainable)
        self._best = [variable.numpy() for variable in self._weights]
        self.validations: list[Validation] = []
        self._step = self._compiled(network, self._trainable)
        if settings.settle_after:
            self._late_step = self._compiled(network, late_variables(network))

    def _compiled(self, network: keras.Model, learning: Sequence[Any]) -> Callable[..., Any]:
        smoothing = self._settings.smoothing

        @tf.function(reduce_retracing=False)  # type: ignore[untyped-decorator] # TensorFlow's stubs leave it so
        def step(pictures: Any, known: dict[str, Any], momentum: Any) -> Any:
            inputs = tf.cast(pictures, tf.float32)[..., None] / 255.0
            with tf.GradientTape() as tape:
                loss = total_loss(network(inputs, training=True), known, smoothing)
            self._optimizer.apply(tape.gradient(loss, learning), learning)
            for average, variable in zip(self._averages, self._weights, strict=True):
                average.assign(momentum * average + (1.0 - momentum) * variable.value)
            return loss

        return step  # type: ignore[no-any-return] # see above

    def learn(self, batch: Batch, step: int) -> Any:
        """Take one step, and return its loss.

        The average's momentum is less at first, so that the network that a fitting starts from fades soon.
        """
        momentum = tf.constant(min(self._settings.averaging, (1.0 + step) / (10.0 + step)), tf.float32)
        known = {name: tf.constant(getattr(batch, name)) for name in _BATCH_FIELDS}
        have_settled = 0 < self._settings.settle_after <= step
        taken = self._late_step if have_settled else self._step
        return taken(tf.constant(batch.pictures), known, momentum)

    def waited(self, full_size_from: int) -> int:
        """Return how many validations since the best one had seen pictures of full size."""
        bests = [number for number, one in enumerate(self.validations) if one.best]
        since = self.validations[bests[-1] + 1 :] if bests else []
        return sum(one.step > full_size_from for one in since)

    def validate(self, validator: Validator | None, step: int, train_loss: float) -> None:
        """Validate the averages, and keep them if they are the best so far."""
        loss = within = float("nan")
        if validator is not None:
            kept = [variable.numpy() for variable in self._weights]
            _assign(self._weights, [average.numpy() for average in self._averages])
            loss, within = validator.validate()
            _assign(self._weights, kept)
        best = validator is None or all(not one.best or loss < one.val_loss for one in self.validations)
        if best:
            self._best = [average.numpy() for average in self._averages]
        self.validations.append(Validation(step, train_loss, loss, within, best))

    def take_best(self) -> None:
        """Leave the best weights in the network."""
        _assign(self._weights, self._best)

    def write(self, path: Path) -> None:
        """Write a checkpoint."""
        validations = [
            [one.step, one.train_loss, one.val_loss, one.val_auroc, one.best] for one in self.validations
        ]
        lists = {
            "identity": [self._identity],
            "weights": [variable.numpy() for variable in self._weights],
            "averages": [average.numpy() for average in self._averages],
            "optimizer": [np.asarray(variable) for variable in self._optimizer.variables],
            "best": self._best,
            "validations": [np.array(validations, dtype=np.float64)],
        }
        write_checkpoint(path, lists)

    def read(self, path: Path) -> bool:
        """Go back to where a checkpoint stands, if there is one."""
        lists = read_checkpoint(path)
        if lists is None:
            return False
        if not np.array_equal(lists["identity"][0], self._identity):
            raise CheckpointError(
                f"the checkpoint {path.name} is of a fitting with other settings or pictures; "
                "take another run folder"
            )
        _assign(self._weights, lists["weights"])
        _assign(self._averages, lists["averages"])
        _assign(self._optimizer.variables, lists["optimizer"])
        self._best = lists["best"]
        self.validations = [
            Validation(int(step), train_loss, loss, within, bool(best))
            for step, train_loss, loss, within, best in lists["validations"][0].tolist()
        ]
        return True


def _assign(variables: Any, values: Any) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
