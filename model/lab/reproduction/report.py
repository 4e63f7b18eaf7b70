"""published.md and published.json: what the published recipe gives as published, and with patients apart."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from model.decisions.decision import CLASSES
from model.lab.reproduction.figures import Figures
from model.lab.reproduction.fits import Apart, Published
from model.lab.reproduction.settings import PublishedSettings
from model.lab.statistics.metrics import Interval

PUBLISHED = {"accuracy": 0.9480, "precision": 0.9479, "recall": 0.9479, "f1": 0.9479, "files": 500}
"""What the published work states for the test part of its split."""


def plain(
    settings: PublishedSettings, refused: dict[str, int], published: Published | None, apart: Apart
) -> dict[str, Any]:
    """Return all figures as what JSON knows; what is not a number is None, paths are left out.

    Parameters
    ----------
    settings : PublishedSettings
    refused : dict of str to int
        Files that could not be read, by error code.
    published : Published or None
        None where the data name no public split.
    apart : Apart

    Returns
    -------
    dict of str to object
    """
    given = {key: value for key, value in asdict(settings).items() if isinstance(value, (int, float, str))}
    figures: dict[str, Any] = _plain(
        {
            "stated": PUBLISHED,
            "stated_lies_in_interval": None if published is None else _holds(published.test.accuracy),
            "public_split": None if published is None else asdict(published),
            "patients_apart": asdict(apart),
            "classes": list(CLASSES),
            "settings": given,
            "refused": refused,
        }
    )
    return figures


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _holds(interval: Interval) -> bool:
    return interval.low <= PUBLISHED["accuracy"] <= interval.high


def write_report(
    settings: PublishedSettings, refused: dict[str, int], published: Published | None, apart: Apart
) -> str:
    """Write the report as Markdown; parameters as for `plain`.

    Parameters
    ----------
    settings : PublishedSettings
    refused : dict of str to int
    published : Published or None
    apart : Apart

    Returns
    -------
    str
    """
    sections = [_introduction()]
    if published is None:
        sections.append(
            "The data name no public split (columns `seed_split` and `seed_path` of a manifest), so only the "
            "split by patient is measured."
        )
    else:
        sections += [_as_published(published), _leaks(published)]
    sections += [_apart(apart, published), _method(settings, refused, published, apart)]
    return "\n\n".join(sections) + "\n"


def _introduction() -> str:
    return """# The published recipe, reproduced

MobileNetV2 with ImageNet weights, frozen; Flatten, Dense 512 ReLU, Dropout 0.5, Dense 2 with two sigmoids;
binary cross-entropy, Adam, batches with as many pictures of each class, early stopping on validation loss.

**Which sigmoid is the probability.** The head has one sigmoid for each class, and they need not add up to 1.
Published, the classes are folders in alphabetical order: index 0 is `fractured`, index 1 is `not_fractured`,
so the probability of a fracture is the *first*; who reads index 1 as "positive" reads it the wrong way
round. Here, index 0 is `not_fractured` and index 1 is `fractured`, so it is the *second*. The larger of the
two decides, as published."""


def _as_published(found: Published) -> str:
    test, stated = found.test, PUBLISHED
    inside = "inside"
    if not _holds(test.accuracy):
        inside = "below" if PUBLISHED["accuracy"] < test.accuracy.low else "above"
    rows = [
        ("accuracy", _share(stated["accuracy"]), _interval(test.accuracy)),
        ("precision, mean of both classes", _share(stated["precision"]), _share(test.macro_precision)),
        ("recall, mean of both classes", _share(stated["recall"]), _share(test.macro_recall)),
        ("F1, mean of both classes", _share(stated["f1"]), _share(test.macro_f1)),
        ("precision of `fractured`", "", _share(test.precision)),
        ("recall of `fractured` (sensitivity)", "", _interval(test.recall)),
        ("recall of `not_fractured` (specificity)", "", _interval(test.specificity)),
        ("F1 of `fractured`", "", _share(test.f1)),
        ("AUROC", "", f"{found.auroc_bare:.3f}"),
        ("files", f"{stated['files']}", f"{test.counts.total}"),
    ]
    return f"""## On the public split, as published

One vote a file, copies included. Intervals are Wilson's, 95 %; they take files for independent, which copies
are not.

{_table(("", "published", "here"), rows)}

The published accuracy of {_share(stated["accuracy"])} lies **{inside}** the interval. Of
{test.counts.total} test files both sigmoids, or neither, lie above 0.5 for {found.contradictions}; were the
sigmoid of `fractured` alone to decide, the accuracy would be {_interval(found.by_one_sigmoid)}."""


def _leaks(found: Published) -> str:
    rows = [
        (
            f"{leak.part} in {leak.into}",
            f"{leak.files}",
            f"{leak.same_bytes}",
            f"{leak.same_source}",
            f"{leak.same_patient}",
        )
        for leak in found.leaks
    ]
    head = ("files of", "files", "same bytes there", "copy or rotated copy there", "same patient there")
    left = [
        ("without a byte-identical copy", *_few(found.no_same_bytes)),
        ("without a rotated copy either", *_few(found.no_same_source)),
    ]
    return f"""## What leaks across the public split

{_table(head, rows)}

The same network on the test files that do not leak from training or validation. So few are left that the
figures say nothing more than that:

{_table(("test files", "fractured / not", "accuracy", "recall of `fractured`", "specificity"), left)}"""


def _few(figures: Figures) -> tuple[str, ...]:
    counts = figures.counts
    fractured = counts.true_fractured + counts.false_not_fractured
    return (
        f"{fractured} / {counts.total - fractured}",
        _interval(figures.accuracy),
        _interval(figures.recall),
        _interval(figures.specificity),
    )


def _apart(found: Apart, published: Published | None) -> str:
    columns = [("one vote a source", found.by_source), ("one vote a file", found.by_file)]
    if published is not None:
        columns.append(("public split, for comparison", published.test))
    rows = [
        ("votes", *(f"{figures.counts.total}" for _, figures in columns)),
        ("accuracy", *(_interval(figures.accuracy) for _, figures in columns)),
        ("balanced accuracy", *(_share(figures.macro_recall) for _, figures in columns)),
        ("precision of `fractured`", *(_share(figures.precision) for _, figures in columns)),
        ("recall of `fractured`", *(_interval(figures.recall) for _, figures in columns)),
        ("F1 of `fractured`", *(_share(figures.f1) for _, figures in columns)),
        ("recall of `not_fractured`", *(_interval(figures.specificity) for _, figures in columns)),
        ("F1, mean of both classes", *(_share(figures.macro_f1) for _, figures in columns)),
    ]
    within = [
        (
            one.name, f"{one.fractured} / {one.not_fractured}", _interval(one.figures.accuracy),
            _share(one.figures.macro_recall), f"{one.auroc}",
        )
        for one in found.provenances
    ]  # fmt: skip
    heads = ("provenance", "sources fractured / not", "accuracy", "balanced accuracy", "AUROC")
    return f"""## The same recipe with patients apart

{len(found.epochs)} folds by patient: one is held out, the next stops the training, the others train.
{found.sources} sources of {found.patients} patients; copies and rotated copies of a picture are one source,
with one vote.

{_table(("", *(name for name, _ in columns)), rows)}

Who always names the larger class has an accuracy of {_share(found.larger_class)} over the sources.

AUROC over all pairs of sources: {found.auroc}; style helps here, which is no merit. **Over pairs of one
provenance only: {found.within}.** (95 % intervals: 2,000 draws of patients within provenance and label.
Pictures whose provenance is `other` or `unknown` count in the first figure alone.)

{_table(heads, within)}"""


def _method(
    settings: PublishedSettings, refused: dict[str, int], published: Published | None, apart: Apart
) -> str:
    left_out = ", ".join(f"{count} {code}" for code, count in refused.items()) or "none"
    parts = "" if published is None else (
        f"\n- The public split as far as it is in the data: {published.files['train']} files for training, "
        f"{published.files['val']} for validation, {published.files['test']} for the test, copies included; "
        f"{published.files['missing']} more name a picture that cannot be read. {published.epochs} epochs."
    )  # fmt: skip
    return f"""## How it was made

    inboxray model train --head flatten --data {settings.data.name} --base-weights FILE --out RUN
{parts}
- Pictures are prepared as the daemon prepares them: grey, letterboxed to 224 x 224. Files that could not be
  read and were left out: {left_out}.
- Augmentations: horizontal flip, brightness by up to 0.2, contrast by up to 20 %. The published ones by
  saturation and hue do nothing to a grey picture and are not drawn.
- As the base is frozen, its maps are computed once for each picture and {settings.variations} variations of
  it, which take turns epoch by epoch; a fresh variation in each epoch would need the base each time.
- Adam at {settings.learning_rate:g}, {settings.batch_size} pictures a step; validated after each
  {settings.epoch_steps} steps (an epoch), at most {settings.epochs} epochs, stopped after {settings.patience}
  without a lower validation loss, and the best weights kept. These amounts, and those of the augmentations,
  are ours.
- Epochs of the folds: {", ".join(str(count) for count in apart.epochs)}. Seed {settings.seed}."""


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.2f} %"


def _interval(value: Interval) -> str:
    if math.isnan(value.value):
        return "-"
    return f"{100 * value.value:.2f} % ({100 * value.low:.1f} to {100 * value.high:.1f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
