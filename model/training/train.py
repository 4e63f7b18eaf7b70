"""Train a network and make a release of it: split, fit, calibrate, export, measure, describe.

Imports TensorFlow when it trains, not before.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from model.abstention import fit_abstention
from model.calibrate import fit_platt, rule_lines
from model.classifier import open_classifier
from model.dataset.examples import DatasetError, Example, digest, read_examples
from model.dataset.prepared import prepare_examples
from model.dataset.split import Split, split_by_patient
from model.dataset.votes import balanced_votes, source_votes
from model.decision import Thresholds
from model.errors import EngineError, ReleaseError
from model.evaluation.evaluate import Evaluation, evaluate
from model.prepare import PIPELINE_VERSION
from model.training.card import CardFacts, settings_of, write_card
from model.training.sampler import Pictures
from model.training.train_settings import Progress, TrainResult, TrainSettings, command_of, release_folder

if TYPE_CHECKING:
    import keras

    from model.training.export import ReleaseFacts


__all__ = ["Progress", "TrainResult", "TrainSettings", "train"]


def train(settings: TrainSettings, progress: Callable[[Progress], None] = lambda _: None) -> TrainResult:
    """Train, and make a release.

    Parameters
    ----------
    settings : TrainSettings
    progress : callable
        Told where the training stands.

    Returns
    -------
    TrainResult

    Raises
    ------
    DatasetError
        The pictures cannot be used.
    EngineError
        TensorFlow is not installed.
    ReleaseError
        The base weights do not fit, the release is there already, or the engines disagree about it.
    """
    folder = release_folder(settings)
    if folder.exists():  # said before an hour of training, not after
        raise ReleaseError(
            f"{folder} is there already: choose another version, a release is never overwritten"
        )
    _start_tensorflow(settings.seed)
    settings.out.mkdir(parents=True, exist_ok=True)
    log = settings.out / "log.jsonl"
    log.unlink(missing_ok=True)

    def tell(stage: str, done: int = 0, total: int = 0, **facts: Any) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"stage": stage, "done": done, "total": total, **facts}) + "\n")
        progress(Progress(stage, done, total, facts))

    tell("read")
    examples = read_examples(settings.data)
    tell("prepare", 0, len(examples))
    kept, inputs, refused = prepare_examples(examples, settings.out / "prepared")
    parts = _parts(split_by_patient(kept, settings.seed), dict(zip(kept, inputs, strict=True)))
    counts = {name: _count(part.examples) for name, part in parts.items()}
    tell("prepare", len(examples), len(examples), refused=refused, parts=counts)

    network = _fit(settings, parts, tell)
    if settings.head == "flatten":
        return _finish_flatten(settings, network, parts["test"], tell)
    tell("calibrate")
    facts, card = _describe(settings, network, parts, refused)
    return _release(settings, network, facts, card, parts["test"], tell)


def _start_tensorflow(seed: int) -> None:
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise EngineError('TensorFlow is not installed: training needs "inboxray[train]"') from error
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def _parts(split: Split, inputs: dict[Example, Any]) -> dict[str, Pictures]:
    parts = {}
    for name, examples in (("train", split.train), ("val", split.val), ("test", split.test)):
        if {example.label for example in examples} != {0, 1}:
            raise DatasetError(
                f"the data have too few patients: part {name} of the split has not both classes; add some"
            )
        parts[name] = Pictures(examples, np.stack([inputs[example] for example in examples]))
    return parts


def _count(examples: Sequence[Example]) -> dict[str, int]:
    return {
        "patients": len({example.patient for example in examples}),
        "sources": len({example.source for example in examples}),
        "fractured": len({example.source for example in examples if example.label}),
        "files": len(examples),
    }


def _fit(settings: TrainSettings, parts: dict[str, Pictures], tell: Callable[..., None]) -> "keras.Model":
    from model.network import build_network
    from model.training.fit import FitSettings, Look, fit

    network = build_network(settings.head, settings.base_weights, settings.dropout)
    gap = settings.head == "gap"
    fit_settings = FitSettings(
        steps=settings.steps,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warm_up_pictures=settings.warm_up_pictures,
        warm_up_steps=settings.warm_up_steps if gap else 0,
        unfreeze_from=settings.unfreeze_from if gap else None,
        averaging=settings.averaging,
        look_every=settings.look_every,
        patience=settings.patience,
        smoothing=settings.smoothing,
        seed=settings.seed,
    )

    def look(seen: Look) -> None:
        facts = {key: value for key, value in asdict(seen).items() if key not in {"step", "steps"}}
        facts["train_loss"] = None if math.isnan(seen.train_loss) else seen.train_loss
        tell("fit", seen.step, seen.steps, **facts)

    fit(network, parts["train"], parts["val"], fit_settings, look)
    network.save_weights(settings.out / "best.weights.h5")
    return network


def _describe(
    settings: TrainSettings, network: "keras.Model", parts: dict[str, Pictures], refused: dict[str, int]
) -> tuple["ReleaseFacts", Callable[[Evaluation], str]]:
    """Calibrate on validation patients, and gather what the release tells; the card waits for its figures."""
    from model.training.export import ReleaseFacts
    from model.training.judge import compiled_network, outputs_of

    train, val, compiled = parts["train"], parts["val"], compiled_network(network)
    seen = outputs_of(compiled, train.inputs)["features"]
    abstention = fit_abstention(seen, source_votes(train.examples), components=32)
    given = outputs_of(compiled, val.inputs)
    logits = given["logit"][:, 0].astype(np.float64)
    votes, balanced = source_votes(val.examples), balanced_votes(val.examples)
    calibration = fit_platt(logits, val.labels, balanced)
    scores = np.array([calibration.score(float(logit)) for logit in logits])
    lower, upper = rule_lines(scores, val.labels, balanced, settings.sensitivity, settings.specificity)
    distances = abstention.distance(given["features"])
    order = np.argsort(distances)
    reached = np.cumsum(votes[order]) / votes.sum()
    usual = distances[order][np.searchsorted(reached, 1.0 - settings.abstain_share)]
    thresholds = Thresholds(lower, upper, float(usual))

    counts = {name: _count(part.examples) for name, part in parts.items()}
    plain = settings_of(settings)
    used = (*train.examples, *val.examples)
    notes = settings.notes.read_text(encoding="utf-8") if settings.notes else ""

    def card(evaluation: Evaluation) -> str:
        facts = CardFacts(
            settings.name, settings.version, command_of(settings), counts, refused, thresholds, calibration,
            evaluation, plain, notes,
        )  # fmt: skip
        return write_card(facts)

    training = {"digest": digest(used), "parts": counts, "refused": refused, "settings": plain}
    release = ReleaseFacts(
        settings.name, settings.version, thresholds, calibration, abstention, PIPELINE_VERSION, training
    )
    return release, card


def _release(
    settings: TrainSettings,
    network: "keras.Model",
    facts: "ReleaseFacts",
    card: Callable[[Evaluation], str],
    test: Pictures,
    tell: Callable[..., None],
) -> TrainResult:
    """Export, measure what was exported, then complete it with its card."""
    from model.training.export import complete_release, write_release

    folder = release_folder(settings)
    tell("export")
    release = write_release(folder, network, facts, test.inputs[:16])
    tell("evaluate")
    evaluation = evaluate(open_classifier(release), test.examples, test.inputs, settings.seed)
    release = complete_release(release, card(evaluation), evaluation.as_plain())
    tell("done", release=release.label, sha256=release.sha256, evaluation=evaluation.as_plain())
    return TrainResult(settings.out, folder, evaluation)


def _finish_flatten(
    settings: TrainSettings, network: "keras.Model", test: Pictures, tell: Callable[..., None]
) -> TrainResult:
    """Measure the published recipe: accuracy with a vote a file as published, and with a vote a source."""
    from model.training.judge import compiled_network, outputs_of

    right = outputs_of(compiled_network(network), test.inputs)["logit"].argmax(axis=1) == test.labels
    votes = source_votes(test.examples)
    tell(
        "done",
        accuracy_by_file=float(right.mean()),
        accuracy_by_source=float(np.average(right, weights=votes)),
    )
    return TrainResult(settings.out, None, None)
