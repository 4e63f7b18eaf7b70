"""What else a network's features predict: where a picture comes from, or whether there is metal in it.

Features that predict it are no proof that the score uses it; features that do not are proof that it cannot.

References
----------
Alain and Bengio 2016, arXiv:1610.01644: linear probes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.extras import install_line
from model.lab.dataset.examples import DatasetError, Example

_STRENGTH = 0.01
"""Inverse of the penalty: there are three times as many features as sources."""


class Features(Protocol):
    """What gives pooled features."""

    def features(self, inputs: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Return the pooled features of prepared pictures.

        Parameters
        ----------
        inputs : ndarray, shape (n, size, size), uint16

        Returns
        -------
        ndarray, shape (n, 1280), float32
        """
        ...


@dataclass(frozen=True, slots=True)
class Probe:
    """How well a linear classifier on features predicts a property of patients that it never saw.

    Parameters
    ----------
    balanced_accuracy : float
        Mean over the property's values of the share that is predicted right.
    chance : float
        Of one who guesses: 1 over the number of values.
    sources : int
    """

    balanced_accuracy: float
    chance: float
    sources: int


def probe_folds(
    networks: Mapping[int, Features],
    parts: Mapping[int, Sequence[Example]],
    read: Callable[[Example], NDArray[np.uint16]],
    properties: Mapping[str, Callable[[Example], str]],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, Probe]:
    """Probe the networks of a cross-validation, each about the pictures that it never saw.

    Parameters
    ----------
    networks : mapping of int to Features
        By fold.
    parts : mapping of int to sequence of Example
        One file a source, by the fold in which it is held out.
    read : callable
        Gives the network's input (size, size) of an example.
    properties : mapping of str to callable
        Gives the value of a property of an example.
    progress : callable

    Returns
    -------
    dict of str to Probe
        Those properties of which each fold knows two values.

    Raises
    ------
    DatasetError
        scikit-learn is not installed.
    """
    examples = [one for part in parts.values() for one in part]
    held = np.array([fold for fold, part in parts.items() for _ in part])
    inputs = np.stack([read(one) for one in examples])
    predicted: dict[str, list[str]] = {name: [""] * len(examples) for name in properties}
    values = {name: np.array([of(one) for one in examples]) for name, of in properties.items()}
    for done, fold in enumerate(parts):
        progress(done, len(parts))
        features = networks[fold].features(inputs)
        for name, value in values.items():
            known = held != fold
            if len(set(value[known].tolist())) < 2:
                predicted.pop(name, None)
            elif name in predicted:
                answers = linear_probe(features[known], value[known], features[~known])
                for row, answer in zip(np.flatnonzero(~known), answers, strict=True):
                    predicted[name][row] = answer
    progress(len(parts), len(parts))
    return {name: _judge(values[name], np.array(answers)) for name, answers in predicted.items()}


def linear_probe(
    features: NDArray[np.float32], values: NDArray[np.str_], asked: NDArray[np.float32]
) -> list[str]:
    """Fit a logistic regression on standardised features, values weighing the same, and ask it.

    Parameters
    ----------
    features : ndarray, shape (n, 1280), float32
    values : ndarray, shape (n,), str
        The property of each picture.
    asked : ndarray, shape (m, 1280), float32
        Features of the pictures to predict it for.

    Returns
    -------
    list of str

    Raises
    ------
    DatasetError
        scikit-learn is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    except ImportError as error:
        raise DatasetError(f"probes need scikit-learn: {install_line('train')}") from error
    fitted = make_pipeline(
        StandardScaler(), LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=2000)
    ).fit(features.astype(np.float64), values)
    return [str(one) for one in fitted.predict(asked.astype(np.float64))]


def _judge(values: NDArray[np.str_], answers: NDArray[np.str_]) -> Probe:
    names = sorted(set(values.tolist()))
    right = [float((answers[values == name] == name).mean()) for name in names]
    return Probe(float(np.mean(right)), 1.0 / len(names), len(values))
