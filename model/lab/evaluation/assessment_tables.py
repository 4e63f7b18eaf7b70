"""What predictions are worth, as tables: for the report of an evaluation and for the card of a release.

Each takes what `Assessment.as_plain` gives, as it also stands in a release.
"""

from collections.abc import Iterable

from model.lab.evaluation.figures import WORDS
from model.lab.evaluation.markdown import Plain, number, percent, spread, table, with_interval
from model.lab.evaluation.sources import DECISIONS

SHOWN = (
    "within_auroc", "auroc", "auprc", "balanced_accuracy", "accuracy", "precision", "recall", "specificity",
    "f1", "brier", "slope", "intercept", "ece", "uncertain", "abstained", "ruled_in", "missed", "false_alarm",
    "ruled_out",
)  # fmt: skip
"""Figures of every report, by their names and in this order."""
_OF_SCORES = {"within_auroc_of_scores": "within_auroc", "auroc_of_scores": "auroc"}


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
    names = [*SHOWN]
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
