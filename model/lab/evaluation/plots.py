"""Plots of an evaluation as PNG: ROC, reliability, and how scores lie by label.

Imports Matplotlib, without its global state and without a screen.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model.errors import EngineError
from model.extras import install_line
from model.lab.evaluation.sources import Sources
from model.lab.statistics.calibration import BINS, at_prevalence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

_SIDE_INCHES = 5.0
_DPI = 110
_MIN_IN_BIN = 3


def roc_plot(sources: Sources, within: Sequence[str]) -> bytes:
    """Draw sensitivity against false alarms, pooled and for each provenance that counts.

    Parameters
    ----------
    sources : Sources
    within : sequence of str
        Provenances; one with a single label is left out.

    Returns
    -------
    bytes
        A PNG.
    """
    from sklearn.metrics import roc_curve

    axes = _axes("1 - specificity", "sensitivity", "ROC, one vote a source")
    provenances = np.array(sources.provenances)
    kept = {"pooled": np.ones(len(provenances), dtype=bool)}
    kept |= {name: provenances == name for name in within}
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, rows in kept.items():
        labels = sources.labels[rows]
        if len(set(labels.tolist())) == 2:
            false_alarms, sensitivity, _ = roc_curve(labels, sources.logits[rows])
            positive = int((labels > 0.5).sum())
            axes.plot(false_alarms, sensitivity, label=f"{name} ({positive} / {len(labels) - positive})")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(title="fractured / not", loc="lower right")
    return _png(axes)


def reliability_plot(sources: Sources, prevalence: float) -> bytes:
    """Draw the share of fractured against the score, at the prevalence that the scores assume.

    Parameters
    ----------
    sources : Sources
    prevalence : float

    Returns
    -------
    bytes
        A PNG; bins of fewer than three sources are hollow.
    """
    axes = _axes(
        "mean score", "share of fractured", f"Reliability at a prevalence of {100.0 * prevalence:.0f} %"
    )
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    weights = at_prevalence(sources.labels, np.ones((1, len(sources.labels))), prevalence)[0]
    place = np.minimum((sources.scores * BINS).astype(np.intp), BINS - 1)
    for number in range(BINS):
        rows = place == number
        if rows.any() and np.isfinite(weights).all():
            score = np.average(sources.scores[rows], weights=weights[rows])
            share = np.average(sources.labels[rows], weights=weights[rows])
            filled = "C0" if rows.sum() >= _MIN_IN_BIN else "white"
            axes.plot([score], [share], marker="o", color="C0", markerfacecolor=filled)
            axes.annotate(
                str(int(rows.sum())), (score, share), textcoords="offset points", xytext=(5, -10), fontsize=8
            )
    return _png(axes)


def score_plot(sources: Sources, prevalence: float) -> bytes:
    """Draw how the scores of fractured sources and of the others lie.

    Parameters
    ----------
    sources : Sources
    prevalence : float
        That the scores assume.

    Returns
    -------
    bytes
        A PNG.
    """
    axes = _axes(f"score (prevalence {100.0 * prevalence:.0f} %)", "sources", "Scores by label")
    for label, name, colour in ((0.0, "not fractured", "C0"), (1.0, "fractured", "C3")):
        scores = sources.scores[sources.labels == label]
        axes.hist(
            scores, np.linspace(0, 1, 21).tolist(), alpha=0.6, label=f"{name} ({len(scores)})", color=colour
        )
    axes.axvline(0.5, color="0.4", linewidth=1)
    axes.autoscale(axis="y")  # the limits of a share would cut each bar at 1
    axes.legend()
    return _png(axes)


def require_plotting() -> None:
    """Make sure that plots can be drawn.

    Raises
    ------
    EngineError
        Matplotlib or scikit-learn is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
        import sklearn.metrics  # noqa: F401
    except ImportError as error:
        raise EngineError(
            "Matplotlib or scikit-learn is not installed, which plots need. Figures alone come without "
            f"--out; for plots: {install_line('train')}"
        ) from error


def _axes(x: str, y: str, title: str) -> "Axes":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_SIDE_INCHES, _SIDE_INCHES), dpi=_DPI, layout="tight")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y, title=title, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return axes


def _png(axes: "Axes") -> bytes:
    buffer = io.BytesIO()
    axes.get_figure().savefig(buffer, format="png", metadata={"Software": None})  # type: ignore[union-attr]
    return buffer.getvalue()
