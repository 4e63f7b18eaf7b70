"""The published recipe, reproduced: what it gives as published, and what it gives with patients apart.

A frozen ImageNet MobileNetV2, Flatten, Dense 512 ReLU, Dropout 0.5, Dense 2 with sigmoids, binary
cross-entropy, Adam, batches with as many pictures of each class, early stopping on validation loss. Imports
TensorFlow when it runs, not before.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model.lab.dataset.examples import DatasetError, read_examples
from model.lab.dataset.folds import folds_by_unit
from model.lab.dataset.prepared import prepare_examples
from model.lab.reproduction.fits import Fits, as_published, with_patients_apart
from model.lab.reproduction.maps import base_maps, maps_key
from model.lab.reproduction.report import plain, write_report
from model.lab.reproduction.settings import PublishedResult, PublishedSettings
from model.lab.reproduction.split import read_public_split
from model.lab.training.runtime import start_tensorflow
from model.lab.training.train_settings import Progress

__all__ = ["PublishedResult", "PublishedSettings", "reproduce"]


def reproduce(
    settings: PublishedSettings, progress: Callable[[Progress], None] = lambda _: None
) -> PublishedResult:
    """Fit the published network as published, then with patients apart, and write both tables.

    Parameters
    ----------
    settings : PublishedSettings
    progress : callable
        Called with stage and progress; stages are `read`, `prepare`, `maps`, `fit`, `evaluate` and `done`.

    Returns
    -------
    PublishedResult

    Raises
    ------
    DatasetError
        The pictures cannot be used, or the settings ask for what cannot be.
    EngineError
        TensorFlow is not installed.
    ReleaseError
        The base weights do not fit.
    """
    _refuse(settings)
    start_tensorflow(settings.threads)
    settings.out.mkdir(parents=True, exist_ok=True)
    on_progress = _stage_logger(settings.out / "log.jsonl", progress)
    on_progress("read")
    examples = read_examples(settings.data)
    on_progress("prepare", 0, len(examples))
    kept, inputs, refused = prepare_examples(examples, settings.out / "prepared")
    on_progress("prepare", len(examples), len(examples), refused=refused)
    maps = base_maps(
        kept, inputs, settings.base_weights, settings.out / "maps", variations=settings.variations,
        seed=settings.seed, progress=lambda done, total: on_progress("maps", done, total),
    )  # fmt: skip
    public = read_public_split(settings.data, kept)
    folds = folds_by_unit(kept, settings.folds, settings.seed)
    key = maps_key(kept, settings.base_weights, settings.variations, settings.seed)
    fits = Fits(kept, maps, key, settings, on_progress)
    published = None if public is None else as_published(fits, public)
    on_progress("evaluate")
    apart = with_patients_apart(fits, folds, public)
    figures = plain(settings, refused, published, apart)
    table = settings.out / "published.md"
    table.write_text(write_report(settings, refused, published, apart), encoding="utf-8")
    text = json.dumps(figures, indent=2, allow_nan=False) + "\n"
    (settings.out / "published.json").write_text(text, encoding="utf-8")
    on_progress("done", table=table.name)
    return PublishedResult(settings.out, table, figures)


def _refuse(settings: PublishedSettings) -> None:
    if settings.folds < 3:
        raise DatasetError("the published recipe needs at least 3 folds: one for the test, one for stopping")
    if settings.batch_size < 2 or settings.batch_size % 2:
        raise DatasetError("a batch has as many pictures of each class: give an even number of pictures")


def _stage_logger(log: Path, progress: Callable[[Progress], None]) -> Callable[..., None]:
    """Return a callback that logs each stage and reports it."""
    log.unlink(missing_ok=True)

    def on_progress(stage: str, done: int = 0, total: int = 0, **facts: Any) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"stage": stage, "done": done, "total": total, **facts}) + "\n")
        progress(Progress(stage, done, total, facts))

    return on_progress
