"""The values of the recipe that `--set NAME=VALUE` changes."""

from dataclasses import fields
from typing import Any

from model.lab.training.train_settings import OPTIONS, TrainSettings

_NOT_TO_BE_SET = OPTIONS | {"make_release", "resume", "leave_out", "train_only", "unrelated"}


def recipe_defaults() -> dict[str, Any]:
    """Return the values that `--set NAME=VALUE` changes, as they are without it.

    Returns
    -------
    dict of str to int, float or str
    """
    return {
        field.name: field.default
        for field in fields(TrainSettings)
        if isinstance(field.default, (int, float, str)) and field.name not in _NOT_TO_BE_SET
    }


def parse_value(name: str, text: str) -> Any:
    """Read the value of a setting that has a number, as `--set NAME=VALUE` gives it.

    Parameters
    ----------
    name, text : str

    Returns
    -------
    int, float or str

    Raises
    ------
    ValueError
        There is no such setting, or it takes another kind of value, or none below 0: each whole number is a
        count.
    """
    kinds = {key: type(value) for key, value in recipe_defaults().items()}
    if name not in kinds:
        raise ValueError(f"there is no value {name} to set; there are: {', '.join(sorted(kinds))}")
    value = kinds[name](text)
    if isinstance(value, int) and value < 0:
        raise ValueError(f"{name} counts something, and cannot be {value}: give 0 or more")
    return value
