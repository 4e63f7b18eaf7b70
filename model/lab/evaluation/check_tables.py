"""What was checked beside the figures, as tables: another network, shortcuts, changed pictures, strangers.

Each takes what `as_plain` gives, as it also stands in a release.
"""

from collections.abc import Iterable, Mapping, Sequence

from model.decisions.decision import Decision
from model.lab.evaluation.assessment_tables import SHOWN
from model.lab.evaluation.figures import WORDS
from model.lab.evaluation.markdown import Plain, number, percent, table, with_interval


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
        for name in SHOWN
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


def pointing_words(found: Plain) -> str:
    """Say how often the map points at a fracture.

    Parameters
    ----------
    found : dict
        `model.lab.evaluation.pointing.Pointing`, as JSON knows it.

    Returns
    -------
    str
    """
    return (
        f"In {found['pictures']} pictures with a fracture and a box around it the map's highest cell lies\n"
        f"in a box, or within half a cell of one, in {percent(found['highest'])}, one of its three highest "
        f"in {percent(found['top'])}; a cell drawn at random does in\n{percent(found['chance'])}."
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
