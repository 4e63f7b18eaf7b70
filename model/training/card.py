"""MODEL_CARD.md: what a release is, how it was measured, and what it must not be used for."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model.calibrate import Calibration
from model.decision import Decision, Thresholds
from model.evaluation.evaluate import Evaluation, Group


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card tells.

    Parameters
    ----------
    name, version : str
    command : str
        What makes the release again.
    parts : dict
        For `train`, `val` and `test`: patients, sources, files, fractured sources.
    refused : dict
        Files that could not be read, by error code.
    thresholds : Thresholds
    calibration : Calibration
    evaluation : Evaluation
        On the test part.
    settings : dict
        Of the training.
    notes : str
        Markdown about the data: origin, licences, known faults; may be empty.
    """

    name: str
    version: str
    command: str
    parts: dict[str, dict[str, int]]
    refused: dict[str, int]
    thresholds: Thresholds
    calibration: Calibration
    evaluation: Evaluation
    settings: dict[str, Any]
    notes: str


def write_card(facts: CardFacts) -> str:
    """Write the card as Markdown.

    Parameters
    ----------
    facts : CardFacts

    Returns
    -------
    str
    """
    sections = (
        _introduction(facts),
        _figures(facts.evaluation),
        _decisions(facts),
        _training(facts),
        facts.notes.strip(),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _introduction(facts: CardFacts) -> str:
    return f"""# {facts.name} {facts.version}

Tells how likely a bone X-ray shows a fracture, so that people look at the likely ones first. MobileNetV2,
224 x 224, one grey channel; one pass gives a logit, a 7 x 7 map of evidence and the features that tell
whether the picture is like anything seen in training.

**Not a medical device. Not for diagnosis, and not for deciding that nobody need look.** It was trained on
few pictures of mixed origin, and the figures below say how little is proved. This file is written by the
command that trained the release; nothing in it was edited by hand."""


def _figures(evaluation: Evaluation) -> str:
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

{_table(head, rows)}

Mean of the AUROC within the provenances that have at least five sources of each label:
**{evaluation.mean_within}**. This, not the pooled figure, is what says something about fractures: pooled,
the style of a picture gives the label away. The last column is the same network with the central 156 x 156
of 224 pixels blacked out, where most of the bone is: what is left there is style, and where that column is
about as high as the one before it, the figure proves no knowledge of bones.

Mean squared error of the score with both labels weighing the same (Brier; 0.25 is ignorance):
{evaluation.brier:.3f}."""


def _with_warning(group: Group) -> str:
    few = min(group.fractured, group.sources - group.fractured)
    return f"{group.auroc}" + (f"; only {few} of one label" if few < 5 else "")


def _decisions(facts: CardFacts) -> str:
    rows = [
        (label, *(f"{counts[str(decision)]:.1f}" for decision in Decision))
        for label, counts in facts.evaluation.decisions.items()
    ]
    lower, upper = facts.thresholds.rule_out, facts.thresholds.rule_in
    return f"""## Decisions

On the same test patients, in votes of sources:

{_table(("truth", *(str(decision) for decision in Decision)), rows)}

- A score below {lower:.4f} is `not_fractured`, one of
  {upper:.4f} or more is `fractured`, between them it is `uncertain` (where one line does for
  both, nothing is). The lines were chosen on validation patients for a sensitivity of
  {facts.settings["sensitivity"]} and a specificity of {facts.settings["specificity"]}.
- A distance above {facts.thresholds.distance:.3f} from the training pictures is `abstained`, whatever
  the score.
- The score assumes that {facts.calibration.prevalence:.0%} of the pictures show a fracture. It is
  sigmoid({facts.calibration.slope:.4f} x logit {facts.calibration.intercept:+.4f}) (Platt), fitted on
  validation patients with the labels balanced within each provenance. The setting `prevalence` restates the
  reported probability for another share; decisions stay."""


def _training(facts: CardFacts) -> str:
    rows = [
        (name, *(str(part[key]) for key in ("patients", "sources", "fractured", "files")))
        for name, part in facts.parts.items()
    ]
    refused = ", ".join(f"{count} {code}" for code, count in facts.refused.items()) or "none"
    settings = ", ".join(f"{key} {value}" for key, value in facts.settings.items())
    return f"""## Training

Split by patient, stratified by provenance and label:

{_table(("part", "patients", "sources", "fractured sources", "files"), rows)}

Files that could not be read and were left out: {refused}. Each source is drawn equally often, whichever of
its copies; the loss is weighted so that within each provenance both labels count the same. Size, aspect,
contrast, sharpness and compression are varied at random. Batch normalisation stays in inference mode.
The weights are those of the look with the lowest validation loss.

Settings: {settings}.

Made again by

    {facts.command}"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def settings_of(settings: Any) -> dict[str, Any]:
    """Give the settings of a frozen dataclass as plain values, without paths: they belong to a machine."""
    return {key: value for key, value in asdict(settings).items() if isinstance(value, (int, float, str))}
