"""How many folds and steps a training can have in the time that there is."""

from dataclasses import dataclass
from typing import Final

from model.lab.training.schedule import Schedule

_FOLDS: Final = (5, 4, 3)
_ENOUGH_STEPS: Final = 300
"""Rather fewer folds than fittings with fewer steps than these."""

_LEAST_STEPS: Final = 50
_SHARE_OF_STEPS: Final = 0.8
"""Of the time; the rest goes to preparing, abstention, export and evaluation."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training will do.

    Parameters
    ----------
    folds : int
    steps, small_steps : int
        Of each fitting, and those of them with smaller pictures.
    seconds : float
        What it will take in all, as far as that is known beforehand.
    close_up_steps : int
        Of each fitting, the first of them, which see close-ups.
    """

    folds: int
    steps: int
    small_steps: int
    seconds: float
    close_up_steps: int = 0


def plan_within(seconds: float, step_seconds: float, recipe: Schedule) -> Plan:
    """Choose folds and steps so that a training ends in time, and does no more than the recipe.

    Parameters
    ----------
    seconds : float
        That there are.
    step_seconds : float
        What a step with pictures of the full size takes.
    recipe : Schedule
        Of a training that has all the time that it needs; a shorter one has the same shares of small
        pictures and of close-ups.

    Returns
    -------
    Plan
        The shortest that makes sense if there is too little time: its seconds are then more than there are.
    """
    work = recipe.work_until(recipe.steps) / recipe.steps  # of a mean step
    mean = step_seconds * work
    folds, steps = _FOLDS[-1], 0.0
    for folds in _FOLDS:
        steps = seconds * _SHARE_OF_STEPS / (mean * (folds + 1))
        if steps >= _ENOUGH_STEPS:
            break
    kept = int(min(recipe.steps, max(_LEAST_STEPS, steps)))
    small, close_ups = (
        round(kept * some / recipe.steps) for some in (recipe.small_steps, recipe.close_up_steps)
    )
    return Plan(folds, kept, small, kept * mean * (folds + 1) / _SHARE_OF_STEPS, close_ups)
