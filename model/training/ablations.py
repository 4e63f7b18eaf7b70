"""What each part of the recipe is worth: trainings without it, on the same patients, against the whole.

    python -m model.training.ablations --data FOLDER --base-weights FILE --out FOLDER

One fold is held out and one seed taken, so intervals are wide: what looks best here is to be confirmed by
`inboxray model train --folds 5`, to which `--set` gives the same changes. Imports TensorFlow when it trains.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from model.dataset.examples import Example, digest, read_examples, without_sources
from model.dataset.folds import folds_by_patient
from model.decision import Decision
from model.errors import ModelError
from model.evaluation.compare import Comparison, compare
from model.evaluation.markdown import with_interval
from model.evaluation.scored import Scored
from model.training.run_folder import RunFolder
from model.training.runtime import file_digest, start_tensorflow
from model.training.train_settings import TrainSettings

if TYPE_CHECKING:
    from model.training.material import Material

RECIPE = "the recipe"

VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        RECIPE: {},
        "pictures not moved": {"without": "move"},
        "grey levels as they are": {"without": "tone"},
        "not degraded": {"without": "degrade"},
        "frames black": {"without": "frame"},
        "nothing covered": {"without": "cover"},
        "no variations": {"without": "move+tone+degrade+frame+cover"},
        "the head alone": {"steps": 1},
        "fewer blocks learn": {"unfreeze_from": "block_13_expand"},
        "half the learning rate": {"learning_rate": 1e-4},
        "weights not averaged": {"averaging": 0.0},
        "labels as they are": {"smoothing": 0.0},
    }
)
"""What is changed in the settings, by a name for people."""

_SHOWN = ("within_auroc", "auroc")


def ablate(
    settings: TrainSettings, names: Sequence[str] = (), progress: Callable[[str], None] = lambda _: None
) -> dict[str, Comparison]:
    """Train each variant without the first fold, and compare it there with the recipe.

    Parameters
    ----------
    settings : TrainSettings
        The recipe; its `folds` say how many folds there are.
    names : sequence of str
        Of `VARIANTS`; none takes all. The recipe itself is always trained.
    progress : callable
        Told in words what is being done.

    Returns
    -------
    dict of str to Comparison
        Each variant less the recipe, in the order of `VARIANTS`.

    Raises
    ------
    ModelError
        The data or the base weights cannot be used.
    """
    start_tensorflow(settings.threads)
    examples = without_sources(read_examples(settings.data), settings.leave_out)
    tables: dict[str, Scored] = {}
    for name, changes in VARIANTS.items():
        if name == RECIPE or name in names or not names:
            progress(f"training: {name}")
            tables[name] = _held_out(replace(settings, **changes), examples, settings.out / name)
            _write_table(settings, tables)
    return _compared(tables)


def _held_out(settings: TrainSettings, examples: Sequence[Example], folder: Path) -> Scored:
    """Predict the first fold by a network that learned from the others."""
    from model.training.judge import evidence
    from model.training.learner import learn
    from model.training.material import gather_material

    settings.out.mkdir(parents=True, exist_ok=True)
    run = RunFolder(settings.out, lambda _: None)
    material = gather_material(settings, examples, run)
    folds = folds_by_patient(material.examples, settings.folds)
    learned = learn(
        material,
        settings,
        [row for row, fold in enumerate(folds) if fold],
        [],
        folder,
        run.tell,
        seed=settings.seed,
    )
    held = [row for row, fold in enumerate(folds) if not fold]
    return _table(material, held, evidence(learned.outputs(material.plain[held])["logit"]))


def _table(material: "Material", held: Sequence[int], logits: np.ndarray[Any, Any]) -> Scored:
    """Make a table for figures of rank, which ask for no calibration, no lines and no distances."""
    return Scored(
        tuple(material.examples[row] for row in held),
        logits,
        1.0 / (1.0 + np.exp(-logits)),
        (Decision.UNCERTAIN,) * len(held),
        np.zeros(len(held)),
    )


def _compared(tables: Mapping[str, Scored]) -> dict[str, Comparison]:
    return {name: compare({0: table}, {0: tables[RECIPE]}) for name, table in tables.items()}


def to_markdown(settings: TrainSettings, found: Mapping[str, Comparison]) -> str:
    """Write the table for people."""
    first = next(iter(found.values()))
    about = (
        f"{first.sources} sources of one of {settings.folds} folds, {settings.steps} steps, seed "
        f"{settings.seed}; AUROC within provenance counts pairs of {', '.join(first.within) or 'none'}. "
        "Differences are in the same 2,000 draws of patients."
    )
    lines = [
        about,
        "",
        "| variant | within provenance | less the recipe | pooled | less the recipe |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, comparison in found.items():
        plain = comparison.as_plain()["figures"]
        cells = []
        for figure in _SHOWN:
            difference = plain[figure]["difference"]
            cells += [f"{plain[figure]['first']:.3f}", "" if name == RECIPE else with_interval(difference)]
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines) + "\n"


def _write_table(settings: TrainSettings, tables: Mapping[str, Scored]) -> None:
    found = _compared(tables)
    plain = {
        "data": digest(next(iter(tables.values())).examples),
        "base_weights": file_digest(settings.base_weights) if settings.base_weights else None,
        "settings": settings.as_plain(),
        "variants": {name: dict(VARIANTS[name]) | one.as_plain() for name, one in found.items()},
    }
    text = json.dumps(plain, indent=2, allow_nan=False) + "\n"
    (settings.out / "ablations.json").write_text(text, encoding="utf-8")
    (settings.out / "ablations.md").write_text(to_markdown(settings, found), encoding="utf-8")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trainings from the command line; print the table."""
    parser = argparse.ArgumentParser(prog="python -m model.training.ablations", description=ablate.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="labelled pictures")
    parser.add_argument("--base-weights", type=Path, help="ImageNet weights; random without")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--leave-out", action="append", default=[], help="a source; may be repeated")
    parser.add_argument("--variant", action="append", default=[], choices=list(VARIANTS), help="only these")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--variations", type=int, default=6000)
    given = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    settings = TrainSettings(
        given.data,
        given.base_weights,
        given.out,
        folds=5,
        steps=given.steps,
        patience=0,
        look_every=100,
        variations=given.variations,
        leave_out=tuple(given.leave_out),
    )
    try:
        found = ablate(settings, given.variant, _say)
    except ModelError as error:
        _say(f"error: {error}")
        return error.exit_code
    sys.stdout.write(to_markdown(settings, found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
