"""The fits of a reproduction: on the public split as published, and in folds of patients."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.examples import Example
from model.lab.reproduction.figures import (
    Figures,
    auroc_interval,
    figures_of,
    of_provenance,
    sources_of,
    within_auroc_interval,
)
from model.lab.reproduction.settings import PublishedSettings
from model.lab.reproduction.split import Leak, PublicSplit, leaks, without_copies
from model.lab.statistics.metrics import Interval
from model.lab.statistics.ranking import auroc_of
from model.lab.whole_files import replacing

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Published:
    """What the recipe gives on the public split: one vote a file, copies included.

    Parameters
    ----------
    files : dict of str to int
        Files of each part, and those that are missing.
    leaks : tuple of Leak
    test : Figures
        On the test part.
    auroc_bare : float
        AUROC on the test part; without an interval, since most of its files are copies.
    contradictions : int
        Test files for which both sigmoids, or neither, lie above 0.5.
    by_one_sigmoid : Interval
        Accuracy when the sigmoid of `fractured` alone decides, at 0.5.
    no_same_bytes, no_same_source : Figures
        The same network on the test files without a byte-identical copy in training or validation, and on
        those without a rotated copy as well.
    epochs : int
        Of `epoch_steps` steps, until it stopped.
    """

    files: dict[str, int]
    leaks: tuple[Leak, ...]
    test: Figures
    auroc_bare: float
    contradictions: int
    by_one_sigmoid: Interval
    no_same_bytes: Figures
    no_same_source: Figures
    epochs: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the recipe gives on the pictures of one provenance, patients apart.

    Parameters
    ----------
    name : str
    fractured, not_fractured : int
        Sources.
    figures : Figures
        One vote a source.
    auroc : Interval
    """

    name: str
    fractured: int
    not_fractured: int
    figures: Figures
    auroc: Interval


@dataclass(frozen=True, slots=True)
class Apart:
    """What the recipe gives when no patient is both in training and in test.

    Parameters
    ----------
    sources, patients : int
    by_source : Figures
        One vote a source.
    by_file : Figures
        One vote a file, copies included, as the published work counts.
    larger_class : float
        Share of the larger class among the sources: the accuracy of who always names it.
    auroc, within : Interval
        Over all pairs of sources, and over those of one provenance.
    provenances : tuple of Provenance
    epochs : tuple of int
        Of each fold.
    """

    sources: int
    patients: int
    by_source: Figures
    by_file: Figures
    larger_class: float
    auroc: Interval
    within: Interval
    provenances: tuple[Provenance, ...]
    epochs: tuple[int, ...]


class Fits:
    """Fits heads, and keeps what each predicted: a run that was cut short does not begin anew.

    Parameters
    ----------
    examples : sequence of Example
    maps : ndarray, shape (n, 1 + variations, 7, 7, 1280), float16
    key : str
        Names what the maps depend on.
    settings : PublishedSettings
    on_progress : callable
        Called with each epoch.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        maps: NDArray[np.float16],
        key: str,
        settings: PublishedSettings,
        on_progress: Callable[..., None],
    ) -> None:
        self.examples = tuple(examples)
        self.settings = settings
        self.labels = np.array([example.label for example in examples], dtype=np.int64)
        self._maps = maps
        self._key = key
        self._on_progress = on_progress
        self._done = 0
        self._cache = settings.out / "fits"
        self._cache.mkdir(parents=True, exist_ok=True)

    def fit(
        self, name: str, train: Sequence[int], val: Sequence[int], test: Sequence[int]
    ) -> tuple[Floats, int]:
        """Fit on some files, stop by others, predict a third lot: logits (len(test), 2), and the epochs.

        Parameters
        ----------
        name : str
        train, val, test : sequence of int

        Returns
        -------
        tuple of (ndarray, shape (len(test), 2), float64, and int)
        """
        from model.lab.reproduction.head import Epoch, HeadSettings, fit_head, predict

        settings = self.settings
        chosen = HeadSettings(
            settings.batch_size, settings.epoch_steps, settings.epochs, settings.patience,
            settings.learning_rate, settings.seed,
        )  # fmt: skip
        asked = [
            self._key,
            asdict(chosen),
            [list(rows) for rows in (train, val, test)],
        ]
        key = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
        path = self._cache / f"{name}-{key}.npz"
        if not path.is_file():
            epochs: list[Epoch] = []

            def look(epoch: Epoch) -> None:
                epochs.append(epoch)
                facts = {"fit": name, "train_loss": epoch.train_loss, "val_loss": epoch.val_loss}
                self._on_progress("fit", epoch.number, settings.epochs, **facts, best=epoch.best)

            head = fit_head(self._maps, self.labels, train, val, chosen, look)
            logits = predict(head, self._maps, test)
            with replacing(path) as stream:
                np.savez(stream, logits=logits, epochs=np.array(len(epochs)))
        with np.load(path, allow_pickle=False) as kept:
            return kept["logits"], int(kept["epochs"])


def evidence_of(logits: Floats) -> Floats:
    """Return the evidence for `fractured`: its logit less the other; the larger sigmoid decides at 0.

    Parameters
    ----------
    logits : ndarray, shape (n, 2), float64

    Returns
    -------
    ndarray, shape (n,), float64
    """
    return np.asarray(logits[:, 1] - logits[:, 0])


def as_published(fits: Fits, split: PublicSplit) -> Published:
    """Fit and measure on the public split, as published.

    Parameters
    ----------
    fits : Fits
    split : PublicSplit

    Returns
    -------
    Published
    """
    logits, epochs = fits.fit("public", split.train, split.val, split.test)
    evidence, labels = evidence_of(logits), fits.labels[list(split.test)]
    seen = (*split.train, *split.val)
    left = [
        np.isin(split.test, rows) for rows in without_copies(split.test, seen, fits.examples)
    ]  # a file that is left stands in the test part alone
    votes = np.ones((1, len(labels)))
    return Published(
        files={
            "train": len(split.train), "val": len(split.val), "test": len(split.test),
            "missing": split.missing,
        },
        leaks=leaks(split, fits.examples),
        test=figures_of(labels, evidence),
        auroc_bare=float(auroc_of(evidence, labels.astype(np.float64), votes)[0]),
        contradictions=int(((logits[:, 0] > 0.0) == (logits[:, 1] > 0.0)).sum()),
        by_one_sigmoid=figures_of(labels, logits[:, 1]).accuracy,
        no_same_bytes=figures_of(labels[left[0]], evidence[left[0]]),
        no_same_source=figures_of(labels[left[1]], evidence[left[1]]),
        epochs=epochs,
    )  # fmt: skip


def with_patients_apart(fits: Fits, folds: Sequence[int], split: PublicSplit | None) -> Apart:
    """Fit once a fold, stopping by the next one, and measure where each picture was held out.

    Files of a public split are fitted as often as they stand in it, as published.

    Parameters
    ----------
    fits : Fits
    folds : sequence of int
    split : PublicSplit or None

    Returns
    -------
    Apart
    """
    every = range(len(fits.examples))
    rows = (*split.train, *split.val, *split.test) if split else tuple(every)
    evidence, epochs, count = np.zeros(len(fits.examples)), [], max(folds) + 1
    for fold in range(count):
        stop = (fold + 1) % count
        test = [row for row in every if folds[row] == fold]
        logits, epoch = fits.fit(
            f"fold-{fold}",
            [row for row in rows if folds[row] not in (fold, stop)],
            [row for row in rows if folds[row] == stop],
            test,
        )
        evidence[test] = evidence_of(logits)
        epochs.append(epoch)
    sources, seed = sources_of(fits.examples, evidence), fits.settings.seed
    share = float(sources.labels.mean())
    return Apart(
        sources=len(sources.names),
        patients=len(set(sources.patients)),
        by_source=figures_of(sources.labels, sources.logits),
        by_file=figures_of(fits.labels[list(rows)], evidence[list(rows)]),
        larger_class=max(share, 1.0 - share),
        auroc=auroc_interval(sources, seed),
        within=within_auroc_interval(sources, seed),
        provenances=tuple(
            Provenance(
                name,
                int(some.labels.sum()),
                int((1.0 - some.labels).sum()),
                figures_of(some.labels, some.logits),
                auroc_interval(some, seed),
            )
            for name in sorted(set(sources.provenances))
            for some in (of_provenance(sources, name),)
        ),
        epochs=tuple(epochs),
    )
