"""Would a network in fewer bits still say the same? Tried, measured, and judged by a gate fixed before.

    python -m model.lab.quantisation.trial --release FOLDER --data FOLDER --out FOLDER

A smaller file is worth nothing if it decides otherwise, so it is shipped only if it passes each condition of
`Gate`. "Not shipped" is a result. Imports TensorFlow when it converts, not before.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.classifier import FEATURES, Classifier, ReleaseClassifier, open_classifier
from model.decisions.strangeness import read_abstaining
from model.engines.litert import LiteRtEngine
from model.errors import BadNetworkOutput, EngineError, ModelError
from model.extras import tensorflow_line
from model.lab.dataset.examples import Example, read_examples
from model.lab.dataset.prepared import prepare_examples
from model.lab.dataset.split import split_by_patient
from model.lab.evaluation.scored import score_pictures
from model.lab.quantisation.gate import Gate, Measured, Trial, Untried, judge, time_ratios
from model.lab.quantisation.report import About, plain, write_report
from model.lab.training.sampler import few_per_source
from model.release import Release, find_release, open_release

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """What is measured on: examples, and their prepared pictures (n, 224, 224), uint16."""

    examples: tuple[Example, ...]
    inputs: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class QuantiseSettings:
    """What to try, and on what.

    Parameters
    ----------
    release : Path or None
        Folder of a release; None takes the one that ships.
    data : Path
        Labelled pictures; see `model.lab.dataset.examples.read_examples`.
    out : Path
        Run folder: the variants, `quantised.md` and `quantised.json`.
    variants : tuple of str
        Names of `model.lab.quantisation.convert.VARIANTS`; none takes all.
    representative : int
        Training pictures that show the converter what values activations take, one a source.
    files_per_source : int
        At most so many files of each source are measured; copies say little new.
    timed : int
        Pictures on which the variants are timed, in turn.
    slowest : float
        A variant that takes so many times as long as the float network is of no use, and not measured.
    threads : int
        Of LiteRT.
    seed : int
        Of the choice of pictures and of the bootstrap.
    gate : Gate
    """

    release: Path | None
    data: Path
    out: Path
    variants: tuple[str, ...] = ()
    representative: int = 150
    files_per_source: int = 4
    timed: int = 20
    slowest: float = 5.0
    threads: int = 1
    seed: int = 20
    gate: Gate = Gate()  # noqa: RUF009  # frozen


def quantise(
    settings: QuantiseSettings, progress: Callable[[str], None] = lambda _: None
) -> tuple[Trial | Untried, ...]:
    """Convert a release's network into each variant, measure it against the float one, and judge.

    Parameters
    ----------
    settings : QuantiseSettings
    progress : callable
        Called with a line of text for each step.

    Returns
    -------
    tuple of Trial or Untried
        One a variant, in the order of `VARIANTS`; `Untried` where it could not be converted or does not run.

    Raises
    ------
    ModelError
        The release or the data cannot be used, or TensorFlow is not installed.
    """
    try:
        from model.lab.quantisation.convert import VARIANTS, convert
    except ImportError as error:
        raise EngineError(
            f"TensorFlow is not installed, which quantising needs: {tensorflow_line()}"
        ) from error
    release = open_release(find_release(settings.release))
    network = _network(release)  # first: an installation may lack the weights
    settings.out.mkdir(parents=True, exist_ok=True)
    progress("preparing pictures")
    size = release.shape.input_size
    kept, inputs, _ = prepare_examples(read_examples(settings.data), settings.out / "prepared", size)
    rows = few_per_source(kept, settings.files_per_source)
    pictures = Pictures(tuple(kept[row] for row in rows), inputs[rows])
    progress(f"measuring the network as released, on {len(rows)} pictures")
    floats = open_classifier(release, "litert", settings.threads)
    truth = score_pictures(floats, pictures.examples, pictures.inputs)
    shown = inputs[_representative(kept, settings)]
    found: dict[str, Trial | Untried] = {}
    opened: dict[str, Classifier] = {}
    for variant in settings.variants or VARIANTS:
        progress(f"converting to {variant}")
        path = _file(settings, variant)
        try:
            path.write_bytes(convert(network, variant, shown))
            classifier = _classifier(release, path.read_bytes(), settings.threads)
            classifier.classify(shown[:1])
            opened[variant] = classifier
        except (RuntimeError, ValueError, TypeError, ModelError) as error:
            found[variant] = Untried(variant, f"not converted, or does not run ({type(error).__name__})")
    progress("timing the variants in turn")
    ratios = time_ratios(floats, opened, pictures.inputs[: settings.timed])
    for variant, classifier in opened.items():
        if ratios[variant] > settings.slowest:
            found[variant] = Untried(variant, f"takes {ratios[variant]:.0f} times as long; not measured")
            continue
        progress(f"measuring {variant}")
        try:
            given = score_pictures(classifier, pictures.examples, pictures.inputs)
        except BadNetworkOutput as error:
            found[variant] = Untried(variant, str(error))
            continue
        share = _file(settings, variant).stat().st_size / len(release.read(release.network_file))
        found[variant] = judge(
            Measured(variant, share, ratios[variant]), truth, given, settings.gate, settings.seed
        )
    trials = tuple(found[variant] for variant in settings.variants or VARIANTS)
    _write(settings, release, trials, pictures)
    return trials


def _file(settings: QuantiseSettings, variant: str) -> Path:
    return settings.out / f"network.{variant}.tflite"


def _representative(examples: Sequence[Example], settings: QuantiseSettings) -> list[int]:
    """Choose one picture of each of so many sources, of patients that a split would train on."""
    train = {example.sha256 for example in split_by_patient(examples, settings.seed).train}
    rows = [row for row in few_per_source(examples, 1) if examples[row].sha256 in train]
    order = np.random.default_rng(settings.seed).permutation(len(rows))
    return [rows[place] for place in order[: settings.representative]]


def _network(release: Release) -> "keras.Model":
    from model.network import build_network, load_weights_bytes, serving_network

    network = build_network(release.shape.head, size=release.shape.input_size)
    load_weights_bytes(network, release.read(release.weights_file))
    return serving_network(network)


def _classifier(release: Release, content: bytes, threads: int) -> Classifier:
    abstention = read_abstaining(release.read(release.abstention_file), FEATURES)
    return ReleaseClassifier(release, LiteRtEngine(content, threads), abstention)


def _write(
    settings: QuantiseSettings, release: Release, found: Sequence[Trial | Untried], pictures: Pictures
) -> None:
    sources = len({example.source for example in pictures.examples})
    about = About(release.label, release.sha256, len(pictures.examples), sources, settings.threads)
    text = json.dumps(plain(about, settings.gate, found), indent=2, allow_nan=False)
    (settings.out / "quantised.json").write_text(text + "\n", encoding="utf-8")
    report = write_report(about, settings.gate, found)
    (settings.out / "quantised.md").write_text(report, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials from the command line; print the table.

    Parameters
    ----------
    arguments : sequence of str, optional

    Returns
    -------
    int
    """
    parser = argparse.ArgumentParser(
        prog="python -m model.lab.quantisation.trial", description=quantise.__doc__
    )
    parser.add_argument("--release", type=Path, help="folder of a release; else the one that ships")
    parser.add_argument("--data", type=Path, required=True, help="labelled pictures")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--variant", action="append", default=[], help="try this one only; may be repeated")
    parser.add_argument(
        "--files-per-source", type=int, default=4, help="measure so many files of each source"
    )
    given = parser.parse_args(arguments)
    settings = QuantiseSettings(
        given.release, given.data, given.out, tuple(given.variant), files_per_source=given.files_per_source
    )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else its lines hide ours
    try:
        quantise(settings, lambda text: print(text, file=sys.stderr, flush=True))  # noqa: T201
    except ModelError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    sys.stdout.write((settings.out / "quantised.md").read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
