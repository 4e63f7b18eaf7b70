"""The figures of a card of a single split; goes when `model.evaluation.evaluate` goes."""

from model.decision import Decision
from model.evaluation.evaluate import Evaluation, Group
from model.evaluation.markdown import table


def split_figures(evaluation: Evaluation) -> str:
    """Write the figures of `model.evaluation.evaluate`: one split, one network."""
    masked = {group.name: group for group in evaluation.without_centre}
    rows = [
        (
            group.name if group.name == "pooled" else f"within {group.name}",
            f"{group.patients}",
            f"{group.fractured} / {group.sources - group.fractured}",
            f"{group.files}",
            _with_warning(group),
            f"{masked[group.name].auroc.value:.2f}",
        )
        for group in (evaluation.pooled, *evaluation.within)
    ]
    head = ("", "patients", "sources fractured / not", "files", "AUROC (95 % interval)", "centre blacked out")
    return f"""## Figures on test patients

No picture of these patients was used for weights, stopping, calibration or thresholds. Copies of one picture
share one vote. Intervals are over patients (2,000 bootstrap draws).

{table(head, rows)}

Mean of the AUROC within the provenances that have at least five sources of each label:
**{evaluation.mean_within}**. This, not the pooled figure, is what says something about fractures: pooled,
the style of a picture gives the label away. The last column is the same network with the central 156 x 156
of 224 pixels blacked out, where most of the bone is: what is left there is style, and where that column is
about as high as the one before it, the figure proves no knowledge of bones.

Mean squared error of the score with both labels weighing the same (Brier; 0.25 is ignorance):
{evaluation.brier:.3f}.

## Decisions

On the same test patients, in votes of sources:

{_votes(evaluation)}"""


def _with_warning(group: Group) -> str:
    few = min(group.fractured, group.sources - group.fractured)
    return f"{group.auroc}" + (f"; only {few} of one label" if few < 5 else "")


def _votes(evaluation: Evaluation) -> str:
    rows = [
        (label, *(f"{counts[str(decision)]:.1f}" for decision in Decision))
        for label, counts in evaluation.decisions.items()
    ]
    return table(("truth", *(str(decision) for decision in Decision)), rows)
