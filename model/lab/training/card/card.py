"""MODEL_CARD.md: what a release is, how it was measured, and what it must not be used for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.lab.evaluation.assessment_tables import (
    calibration_words,
    decisions_table,
    figures_table,
    groups_table,
    mistakes_table,
    predictive_table,
    views_table,
)
from model.lab.evaluation.check_tables import (
    pointing_words,
    probes_words,
    robustness_table,
    strangers_table,
)
from model.lab.evaluation.markdown import table
from model.lab.training.card.first_paragraph import first_paragraph
from model.network_shape import NetworkShape

Plain = Mapping[str, Any]

FAILURES = 12
"""Mistakes that a card shows."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a card holds.

    Parameters
    ----------
    name, version : str
    command : str
        What makes the release again.
    parts : dict
        Patients, sources, files and fractured sources of each part of the data.
    refused : dict
        Files that could not be read, by error code.
    thresholds : Thresholds
    calibration : Calibration
    evaluation : dict
        `Assessment.as_plain` on patients that the measured networks never saw.
    settings : dict
        Of the training.
    notes : str
        Markdown about the data: origin, licences, known faults, what is not in them; may be empty.
    shortcuts : mapping of str to dict
        `Comparison.as_plain` of the network with a classifier that is shown no bone, by what that one is
        shown: `style features only`, `the picture reduced to 16 x 16`, `no centre`.
    counts : mapping of str to mapping of str to dict of str to int
        Further counts of sources: by kind (hardware, marks), value and label, as the audit finds them.
    robustness : sequence of dict
        `Perturbed` as plain values.
    heat_map : dict, optional
        `Faith` as plain values, with `random_correlation` if that was measured.
    pointing : dict, optional
        `Pointing` as plain values.
    measured : {"held_out", "out_of_fold"}
        Whether the figures are of the released network, on patients that it never saw, or of the networks
        of a cross-validation.
    probes : mapping of str to dict
        `Probe` as plain values, by property.
    strangers : sequence of dict
        `Strangers` as plain values: what the released network says of pictures that are no bones.
    shape : NetworkShape
        Of the released network.
    """

    name: str
    version: str
    command: str
    parts: dict[str, dict[str, int]]
    refused: dict[str, int]
    thresholds: Thresholds
    calibration: Calibration
    evaluation: dict[str, Any]
    settings: dict[str, Any]
    notes: str
    shortcuts: Mapping[str, Plain] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    robustness: Sequence[Plain] = ()
    heat_map: Plain | None = None
    pointing: Plain | None = None
    measured: Literal["held_out", "out_of_fold"] = "held_out"
    probes: Mapping[str, Plain] = field(default_factory=dict)
    strangers: Sequence[Plain] = ()
    shape: NetworkShape = NetworkShape()  # noqa: RUF009 # frozen


def write_card(facts: CardFacts) -> str:
    """Write the card as Markdown, what matters most first.

    Parameters
    ----------
    facts : CardFacts

    Returns
    -------
    str
    """
    evaluation = facts.evaluation
    sections = (
        f"# {facts.name} {facts.version}",
        first_paragraph(evaluation, facts.shortcuts),
        _use(facts.shape),
        _figures(facts, evaluation),
        _decisions(facts, evaluation),
        _robustness(facts),
        _counts(facts, evaluation),
        _failures(evaluation),
        facts.notes.strip(),
        _training(facts),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _use(shape: NetworkShape) -> str:
    size, cells = (f"{side} x {side}" for side in (shape.input_size, shape.map_size))
    region = ", the region of the body" if shape.regions else ""
    return f"""**Intended use.** Triage support and research: it estimates how likely a bone X-ray shows a
fracture, so that people look at the likely ones first. **Not a medical device. Not for diagnosis, and not for
deciding that no person need look.** MobileNetV2, {size}, one grey channel; one pass gives a logit, a {cells}
map of what raised the score{region}, and the features that show whether the picture is like anything seen in
training. This file is written by `inboxray model train` and `inboxray model card`; nothing in it was edited
by hand."""


def _figures(facts: CardFacts, evaluation: Plain) -> str:
    pooled = evaluation["groups"][0]
    seeds = len(evaluation["seeds"])
    who = "the network had seen none of them."
    if facts.measured == "out_of_fold":
        who = (
            "each was predicted by a network of a cross-validation that\nhad not seen the patient"
            + (f", and the figures are means over {seeds} seeds" if seeds > 1 else "")
            + ". The released network learned from all of\nthem in the same way."
        )
    return f"""## Figures

On {pooled["sources"]} sources of {pooled["patients"]} patients; {who}
One vote a source: copies of a picture, rotated ones too, share it. Uncertain and abstained pictures count.
Intervals are of 95 %, over patients drawn within their provenance and label ({evaluation["draws"]:,} draws).

{figures_table(evaluation)}

The AUROC within provenance counts only pairs of pictures of one provenance ({_names(evaluation["within"])}).
{calibration_words(evaluation)}

{groups_table(evaluation)}"""


def _lines(facts: CardFacts) -> str:
    thresholds, calibration = facts.thresholds, facts.calibration
    return f"""- A score below {thresholds.rule_out:.4f} is `not_fractured`, one of
  {thresholds.rule_in:.4f} or more is `fractured`, between them it is `uncertain` (where one line does
  for both, nothing is). The lines were drawn on held-out patients for a sensitivity of
  {facts.settings.get("sensitivity", "-")} and a specificity of {facts.settings.get("specificity", "-")}.
- A distance above {thresholds.distance:.3f} from the training pictures is `abstained`, whatever the score.
- The score assumes that {100.0 * calibration.prevalence:.0f} % of the pictures show a fracture. It is
  sigmoid({calibration.slope:.4f} x logit {calibration.intercept:+.4f}) (Platt). The setting `prevalence`
  restates the reported probability for another share; decisions stay."""


def _decisions(facts: CardFacts, evaluation: Plain) -> str:
    return f"""## Decisions

In votes of sources:

{decisions_table(evaluation)}

{_lines(facts)}

What a decision is worth depends on how common fractures are. PPV: share of fractures among those called so.
NPV: share without one among those called so. They hold for pictures like these only: **another spectrum of
patients or another scanner is not corrected for.**

{predictive_table(evaluation)}

An examination is called by the worst of its views, so that sound ones are called fractured more often the
more views they have; views are taken as independent here, and those of one patient are not quite:

{views_table(evaluation)}"""


def _robustness(facts: CardFacts) -> str:
    parts = []
    if facts.probes:
        parts.append(f"## What else the features show\n\n{probes_words(facts.probes)}")
    if facts.robustness:
        parts.append(f"## Changed pictures\n\n{robustness_table(facts.robustness)}")
    if facts.strangers:
        parts.append(
            "## Pictures that are no radiographs of bones\n\nShown to the released network; none was used to "
            f"make it.\n\n{strangers_table(facts.strangers)}"
        )
    if facts.heat_map is not None:
        found = facts.heat_map
        words = (
            "Blacking out the three top cells of the map lowers the logit more than three random cells\n"
            f"inside the body in {100.0 * found['share']:.0f} % of {found['pictures']} pictures with a "
            "fracture."
        )
        if found.get("random_correlation") is not None:
            words += (
                f"\nThe map of a network with random weights correlates with it by "
                f"{found['random_correlation']:.2f}."
            )
        if facts.pointing is not None:
            words += f"\n\n{pointing_words(facts.pointing)}"
        parts.append(f'## The map of "what raised the score"\n\n{words}')
    return "\n\n".join(parts)


def _counts(facts: CardFacts, evaluation: Plain) -> str:
    rows = [
        (group["by"], group["name"], str(group["fractured"]), str(group["sources"] - group["fractured"]))
        for group in evaluation["groups"]
    ]
    for kind, values in facts.counts.items():
        rows += [
            (kind, value, str(labels.get("fractured", 0)), str(labels.get("not_fractured", 0)))
            for value, labels in values.items()
        ]
    head = ("", "", "sources fractured", "sources not fractured")
    return f"## What is in the data, by label\n\n{table(head, rows)}"


def _failures(evaluation: Plain) -> str:
    worst = evaluation["mistakes"][:FAILURES]
    if not worst:
        return ""
    return f"""## Failures

The sources whose score is farthest from the truth, by the first digits of their file's sha256:

{mistakes_table(worst)}"""


def _training(facts: CardFacts) -> str:
    rows = [
        (name, *(str(part[key]) for key in ("patients", "sources", "fractured", "files")))
        for name, part in facts.parts.items()
    ]
    refused = ", ".join(f"{count} {code}" for code, count in facts.refused.items()) or "none"
    settings = ", ".join(f"{key} {value}" for key, value in facts.settings.items())
    return f"""## Training

{_apart(facts)}

{table(("part", "patients", "sources", "fractured sources", "files"), rows)}

Files that could not be read and were left out: {refused}. The whole network was trained,
batch normalisation too.

Settings: {settings}.

Made again by

    {facts.command}"""


def _apart(facts: CardFacts) -> str:
    if facts.settings.get("unrelated"):
        return (
            "Each file was declared to be a picture of a patient of its own (`--unrelated`): copies and\n"
            "patients were not looked for, and may stand on both sides of a split."
        )
    return (
        "Patients are apart, as far as the data name them: none is in two parts, and copies go with theirs."
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none has enough of both labels"
