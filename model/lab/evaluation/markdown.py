"""Figures as Markdown, for the report of an evaluation and for the card of a release.

Each takes what `Assessment.as_plain` or `Comparison.as_plain` gives, as it also stands in a release.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model.decisions.decision import Decision
from model.lab.evaluation.figures import WORDS
from model.lab.evaluation.sources import DECISIONS

Plain = Mapping[str, Any]

NONE = "-"

_HEAD = (
    "within_auroc", "auroc", "auprc", "balanced_accuracy", "accuracy", "precision", "recall", "specificity",
    "f1", "brier", "slope", "intercept", "ece", "uncertain", "abstained", "ruled_in", "missed", "false_alarm",
    "ruled_out",
)  # fmt: skip
_OF_SCORES = {"within_auroc_of_scores": "within_auroc", "auroc_of_scores": "auroc"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; each row has as many cells as the head.

    Parameters
    ----------
    head : sequence of str
    rows : iterable of sequence of str

    Returns
    -------
    str
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number, or a dash where there is none.

    Parameters
    ----------
    value : float or None
    digits : int

    Returns
    -------
    str
    """
    return NONE if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """Return a share in percent, or a dash where there is none.

    Parameters
    ----------
    value : float or None

    Returns
    -------
    str
    """
    return NONE if value is None else f"{100.0 * value:.1f} %"


def with_interval(figure: Plain, digits: int = 3) -> str:
    """Return `0.912 (0.880 to 0.941)`, or the value alone where there is no interval.

    Parameters
    ----------
    figure : Plain
    digits : int

    Returns
    -------
    str
    """
    if figure["value"] is None or figure["low"] is None:
        return number(figure["value"], digits)
    low, high = number(figure["low"], digits), number(figure["high"], digits)
    return f"{number(figure['value'], digits)} ({low} to {high})"


def spread(figure: Plain) -> str:
    """Return the least and the greatest of the seeds' figures, or a dash with one seed.

    Parameters
    ----------
    figure : Plain

    Returns
    -------
    str
    """
    known = [value for value in figure["seeds"] if value is not None]
    return f"{min(known):.3f} to {max(known):.3f}" if known else NONE


def shown_figures(assessment: Plain) -> list[str]:
    """Return the names of the figures to be shown; those of scores only where they rank as logits do not.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    list of str
    """
    pooled = assessment["groups"][0]["figures"]
    names = [*_HEAD]
    for extra, usual in _OF_SCORES.items():
        if pooled[extra]["value"] != pooled[usual]["value"]:  # folds have calibrations of their own
            names.insert(names.index("auprc"), extra)
    return names


def figures_table(assessment: Plain) -> str:
    """Return the figures of all pictures, with both ways to vote, and the spread over seeds.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    str
    """
    pooled, single = assessment["groups"][0]["figures"], assessment["one_file"]
    several = len(assessment["seeds"]) > 1
    rows = []
    for name in shown_figures(assessment):
        row = [WORDS[name], with_interval(pooled[name]), with_interval(single[name])]
        rows.append([*row, spread(pooled[name])] if several else row)
    head = ["", "mean logit of a source's files", "one random file a source"]
    return table([*head, f"spread over {len(assessment['seeds'])} seeds"] if several else head, rows)


def groups_table(assessment: Plain) -> str:
    """Return the figures of each group.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    str
    """
    rows = []
    for group in assessment["groups"]:
        figures = group["figures"]
        rows.append(
            [
                group["name"] if group["by"] == "all" else f"{group['by']}: {group['name']}",
                str(group["patients"]),
                f"{group['fractured']} / {group['sources'] - group['fractured']}",
                str(group["files"]),
                with_interval(figures["auroc"], 2),
                with_interval(figures["balanced_accuracy"], 2),
                percent(figures["uncertain"]["value"]),
                percent(figures["abstained"]["value"]),
            ]
        )
    head = ("", "patients", "sources fractured / not", "files", "AUROC", "balanced accuracy at 0.5")
    return table((*head, "uncertain", "abstained"), rows)


def decisions_table(assessment: Plain) -> str:
    """Return the votes of sources by label and decision.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    str
    """
    rows = [
        (label, *(number(counts[str(decision)], 1) for decision in DECISIONS))
        for label, counts in assessment["decisions"].items()
    ]
    return table(("truth", *(str(decision) for decision in DECISIONS)), rows)


def predictive_table(assessment: Plain) -> str:
    """Return the predictive values at several prevalences.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    str
    """
    names = ("ppv", "npv", "ppv_at_line", "npv_at_line")
    rows = [
        (f"{100.0 * row['prevalence']:.0f} %", *(with_interval(row[name], 2) for name in names))
        for row in assessment["predictive"]
    ]
    head = ("prevalence", "PPV of `fractured`", "NPV of `not_fractured`", "PPV at 0.5", "NPV at 0.5")
    return table(head, rows)


def views_table(assessment: Plain) -> str:
    """Return the rate of false alarms of an examination that is called by the worst of its views.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    str
    """
    rows = [
        (str(row["views"]), with_interval(row["fractured"], 2), with_interval(row["at_line"], 2))
        for row in assessment["views"]
    ]
    return table(("views", "some view is `fractured`", "some view scores 0.5 or more"), rows)


def comparison_table(comparison: Plain, first: str, second: str) -> str:
    """Return the figures of two networks, and their paired differences.

    Parameters
    ----------
    comparison : Plain
    first, second : str

    Returns
    -------
    str
    """
    rows = [
        (
            WORDS[name],
            number(comparison["figures"][name]["first"]),
            number(comparison["figures"][name]["second"]),
            with_interval(comparison["figures"][name]["difference"]),
        )
        for name in _HEAD
    ]
    return table(("", first, second, "difference (95 % interval, paired)"), rows)


def shortcuts_table(shortcuts: Mapping[str, Plain]) -> str:
    """Return how far classifiers come that are shown no bone, and the network's lead over each.

    Parameters
    ----------
    shortcuts : mapping of str to Plain

    Returns
    -------
    str
    """
    rows = []
    for name, comparison in shortcuts.items():
        within, pooled = (comparison["figures"][figure] for figure in ("within_auroc", "auroc"))
        rows.append(
            (
                name,
                number(within["second"]),
                with_interval(within["difference"]),
                number(pooled["second"]),
                with_interval(pooled["difference"]),
            )
        )
    head = ("shown", "AUROC within provenance", "the network's lead", "AUROC, pooled", "the network's lead")
    return table(head, rows)


def probes_words(probes: Mapping[str, Plain]) -> str:
    """Write how well a linear classifier on the features predicts other properties.

    Parameters
    ----------
    probes : mapping of str to Plain

    Returns
    -------
    str
    """
    return "\n".join(
        f"- {name}: balanced accuracy {number(one['balanced_accuracy'])} on {one['sources']} held-out "
        f"sources; a guess has {number(one['chance'])}"
        for name, one in probes.items()
    )


def robustness_table(rows: Iterable[Plain]) -> str:
    """Write how answers change with the pictures.

    Parameters
    ----------
    rows : iterable of Plain

    Returns
    -------
    str
    """
    return table(
        ("pictures", "balanced accuracy at 0.5", "change", "abstained", "mean shift of the score"),
        [
            (
                row["name"],
                number(row["balanced_accuracy"]["value"]),
                with_interval(row["change"]),
                percent(row["abstained"]["value"]),
                number(row["mean_shift"]),
            )
            for row in rows
        ],
    )


def strangers_table(rows: Sequence[Plain]) -> str:
    """Return how many pictures of each kind that is no bone are abstained, and what the others are called.

    Parameters
    ----------
    rows : sequence of Plain

    Returns
    -------
    str
    """
    counted = [row for row in rows if row["pictures"]]
    total = {
        "kind": "all",
        "pictures": sum(row["pictures"] for row in counted),
        "decisions": {name: sum(row["decisions"].get(name, 0) for row in counted) for name in Decision},
    }
    return table(
        ("kind", "pictures", "abstained", *(name for name in Decision if name != Decision.ABSTAINED)),
        [
            (
                row["kind"],
                str(row["pictures"]),
                percent(row["decisions"].get(Decision.ABSTAINED, 0) / row["pictures"]),
                *(str(row["decisions"].get(name, 0)) for name in Decision if name != Decision.ABSTAINED),
            )
            for row in (*counted, total)
        ],
    )


def mistakes_table(mistakes: Iterable[Plain]) -> str:
    """Return the worst mistakes by the first digits of their sha256: a file name may be a patient's.

    Parameters
    ----------
    mistakes : iterable of Plain

    Returns
    -------
    str
    """
    return table(
        ("sha256", "truth", "score", "decision", "provenance", "region"),
        [
            (
                one["sha256"][:12],
                one["label"],
                number(one["score"]),
                one["decision"],
                one["provenance"],
                one["region"],
            )
            for one in mistakes
        ],
    )


def calibration_words(assessment: Plain) -> str:
    """Say how the calibration error compares with chance.

    Parameters
    ----------
    assessment : Plain

    Returns
    -------
    str
    """
    found, perfect = assessment["groups"][0]["figures"]["ece"]["value"], assessment["perfect_ece"]
    if found is None or perfect["p95"] is None:
        return "The calibration cannot be judged: a label is missing."
    verdict = "not above" if found <= perfect["p95"] else "**above**"
    return (
        f"The expected calibration error of {found:.3f} is {verdict} the 95th percentile of simulated models "
        f"whose scores are all true ({perfect['p95']:.3f}; median {perfect['median']:.3f}). Calibration and "
        f"Brier score are taken at the prevalence that the scores assume, "
        f"{100.0 * assessment['prevalence']:.0f} %."
    )
