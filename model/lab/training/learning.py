"""What learns at a step, and how fast.

Imports TensorFlow: for training only.
"""

from typing import Any

import keras

from model.network import LATE_FROM

_ONE_STEP = 1e-12


def late_variables(network: keras.Model) -> list[Any]:
    """Return what still learns once the early blocks have settled.

    Parameters
    ----------
    network : keras.Model

    Returns
    -------
    list of keras.Variable
        Of the blocks from `model.network.LATE_FROM` on, and of the heads.
    """
    variables = network.trainable_variables
    first = next(index for index, one in enumerate(variables) if one.path.startswith(f"{LATE_FROM}/"))
    return list(variables[first:])


def new_optimizer(steps: int, warm_up_steps: int, learning_rate: float, weight_decay: float) -> Any:
    """Make the optimizer: AdamW, whose rate rises at first and falls as a cosine to a hundredth.

    Parameters
    ----------
    steps, warm_up_steps : int
    learning_rate, weight_decay : float
        See `model.lab.training.fit.FitSettings`.

    Returns
    -------
    keras.optimizers.AdamW
    """
    rate = keras.optimizers.schedules.CosineDecay(
        _ONE_STEP,
        max(1, steps - warm_up_steps),
        alpha=0.01,
        warmup_target=learning_rate,
        warmup_steps=max(1, warm_up_steps),
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=weight_decay, global_clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
