"""Tables of predictions that tests make for themselves: sources of one file each unless they say more."""

from pathlib import Path

import numpy as np

from model.decisions.decision import Thresholds, decide
from model.lab.dataset.examples import Example
from model.lab.evaluation.scored import Scored

THRESHOLDS = Thresholds(0.2, 0.8, 2.0)


def example(name, label, source=None, patient=None, provenance="clinic"):
    """Give an example; its source and patient are its own unless named."""
    source = source or f"source-{name}"
    return Example(Path(f"{name}.png"), name.rjust(64, "0"), label, source, patient or source, provenance)


def scored(examples, logits, distances=None):
    """Give a table whose scores are the logits' sigmoids."""
    logits = np.asarray(logits, dtype=np.float64)
    scores = 1.0 / (1.0 + np.exp(-logits))
    distances = np.ones(len(logits)) if distances is None else np.asarray(distances, dtype=np.float64)
    decisions = tuple(
        decide(float(score), float(distance), THRESHOLDS)
        for score, distance in zip(scores, distances, strict=True)
    )
    return Scored(tuple(examples), logits, scores, decisions, distances)


def drawn(count, seed=0, *, provenances=("clinic",), strength=1.5, shares=None):
    """Give a table of `count` sources, of which the fractured score higher by `strength`."""
    rng = np.random.default_rng(seed)
    names = rng.choice(provenances, count, p=shares)
    labels = np.arange(count) % 2
    examples = [
        example(f"{seed}-{index}", int(labels[index]), provenance=str(names[index])) for index in range(count)
    ]
    return scored(examples, rng.normal((labels - 0.5) * strength, 1.0))
