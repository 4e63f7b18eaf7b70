"""What an evaluation leaves behind: figures for machines, a page for people, plots, the worst mistakes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model.errors import ModelError
from model.lab.dataset.examples import Example
from model.lab.evaluation.assessment import Assessment, as_plain
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
    comparison_table,
    pointing_words,
    probes_words,
    robustness_table,
    shortcuts_table,
    strangers_table,
)
from model.lab.evaluation.compare import Comparison
from model.lab.evaluation.faithful import Faith
from model.lab.evaluation.markdown import with_interval
from model.lab.evaluation.plots import reliability_plot, roc_plot, score_plot
from model.lab.evaluation.pointing import Pointing
from model.lab.evaluation.probe import Probe
from model.lab.evaluation.robustness import Perturbed, read_picture
from model.lab.evaluation.sources import Sources
from model.lab.evaluation.strangers import Strangers
from model.pictures.contact_sheet import Tile, contact_sheet

OUT_OF_FOLD = "out of fold"
"""Subject of the report of a cross-validation."""

_SPECTRUM = "For pictures like these; another spectrum of patients or another scanner is not corrected for."


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found.

    Parameters
    ----------
    subject : str
        What was evaluated: `name@version`, or `out of fold`.
    identity : dict
        The release's sha256, the digest of the data, and what else identifies the report.
    warnings : tuple of str
        Why figures may measure memory. A release's card takes no report that has any.
    refused : dict of str to int
        Files that could not be read, by error code.
    assessment : Assessment
    against : str
        With what it was compared; empty if with nothing.
    comparison : Comparison, optional
    changes : tuple of Perturbed
        Empty if not measured.
    faith : Faith, optional
    pointing : Pointing, optional
        None too where no picture has a box.
    random_correlation : float, optional
        Of the heat maps with those of a network with random weights.
    shortcuts : dict of str to Comparison
        With classifiers that are shown no bone, by what they are shown.
    probes : dict of str to Probe
        What else the features show.
    strangers : tuple of Strangers
        Decisions for pictures that are no radiographs of bones; empty if none were shown.
    cautions : tuple of str
        What else must be known before a figure is read.
    """

    subject: str
    identity: dict[str, Any]
    warnings: tuple[str, ...]
    refused: dict[str, int]
    assessment: Assessment
    against: str = ""
    comparison: Comparison | None = None
    changes: tuple[Perturbed, ...] = ()
    faith: Faith | None = None
    pointing: Pointing | None = None
    random_correlation: float | None = None
    shortcuts: dict[str, Comparison] = field(default_factory=dict)
    probes: dict[str, Probe] = field(default_factory=dict)
    strangers: tuple[Strangers, ...] = ()
    cautions: tuple[str, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """Return the report as what JSON knows; what is not a number is None.

        Returns
        -------
        dict of str to object
        """
        plain: dict[str, Any] = as_plain(asdict(self))
        return plain


def to_markdown(report: Report) -> str:
    """Write the page for people.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        Plots and the contact sheet are named as `write_report` names them.
    """
    plain = report.as_plain()
    found = plain["assessment"]
    parts = [
        f"# Evaluation of {report.subject}",
        "\n\n".join(f"**{one}**" for one in report.warnings + report.cautions),
        _introduction(found),
        _refused(report.refused),
        f"## Figures\n\n{figures_table(found)}\n\n{calibration_words(found)}",
        f"## Groups\n\n{groups_table(found)}",
        f"## Decisions\n\nIn votes of sources:\n\n{decisions_table(found)}",
        f"## Predictive values\n\n{_SPECTRUM}\n\n{predictive_table(found)}",
        f"## False alarms of the worst of several independent views\n\n{views_table(found)}",
        f"## Shortcuts\n\n{shortcuts_table(plain['shortcuts'])}" if report.shortcuts else "",
        f"## What else the features show\n\n{probes_words(plain['probes'])}" if report.probes else "",
        _compared(report, plain),
        f"## Changed pictures\n\n{robustness_table(plain['changes'])}" if report.changes else "",
        f"## Strangers\n\n{strangers_table(plain['strangers'])}" if report.strangers else "",
        _heat_map(report, plain),
        f"## Worst mistakes\n\n{mistakes_table(found['mistakes'])}\n\n![worst mistakes](mistakes.png)",
        "## Plots\n\n![ROC](roc.png) ![reliability](reliability.png) ![scores](scores.png)",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_report(folder: Path, report: Report, sources: Sources, examples: Sequence[Example]) -> list[Path]:
    """Write `evaluation.json`, `evaluation.md`, three plots and the contact sheet of the worst mistakes.

    Parameters
    ----------
    folder : Path
        Made if it is not there; files of an earlier report are replaced.
    report : Report
    sources : Sources
        Of the (first) table that was assessed.
    examples : sequence of Example
        Where the pictures of the mistakes are.

    Returns
    -------
    list of Path
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = report.assessment
    files: Mapping[str, bytes] = {
        "evaluation.json": (json.dumps(report.as_plain(), indent=2, allow_nan=False) + "\n").encode(),
        "evaluation.md": to_markdown(report).encode(),
        "roc.png": roc_plot(sources, found.within),
        "reliability.png": reliability_plot(sources, found.prevalence),
        "scores.png": score_plot(sources, found.prevalence),
        "mistakes.png": mistakes_sheet(found, examples),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in files]


def mistakes_sheet(assessment: Assessment, examples: Sequence[Example]) -> bytes:
    """Draw the worst mistakes, each with its truth, score and decision.

    Parameters
    ----------
    assessment : Assessment
    examples : sequence of Example
        Where the pictures are; one that is not there, or cannot be read, is left out.

    Returns
    -------
    bytes
        A PNG.
    """
    by_hash = {example.sha256: example for example in examples}
    tiles = []
    for one in assessment.mistakes:
        try:
            picture = read_picture(by_hash[one.sha256])
        except (KeyError, ModelError):
            continue
        lines = (one.sha256[:12], f"truth: {one.label}", f"{one.score:.3f} {one.decision}", one.provenance)
        tiles.append(Tile(picture, lines))
    return contact_sheet(tiles, "Worst mistakes, one a source")


def _introduction(found: Mapping[str, Any]) -> str:
    pooled = found["groups"][0]
    return (
        f"{pooled['files']} files of {pooled['sources']} sources ({pooled['fractured']} fractured) and "
        f"{pooled['patients']} patients. AUROC within provenance: "
        f"**{with_interval(pooled['figures']['within_auroc'])}** "
        f"({', '.join(found['within']) or 'no provenance has enough of both labels'}).\n\n"
        f"One vote a source; intervals of 95 % over patients, drawn {found['draws']:,} times within "
        "provenance and label. Uncertain and abstained pictures count in every figure."
    )


def _refused(refused: Mapping[str, int]) -> str:
    if not refused:
        return ""
    return f"Left out, since they cannot be read: {', '.join(f'{n} {code}' for code, n in refused.items())}."


def _compared(report: Report, plain: Mapping[str, Any]) -> str:
    if report.comparison is None:
        return ""
    test = report.comparison.mcnemar
    return (
        f"## Compared with {report.against}\n\n"
        f"{comparison_table(plain['comparison'], report.subject, report.against)}\n\n"
        f"Sources that one alone gets right: {test.first_only:g} {report.subject}, {test.second_only:g} "
        f"{report.against}; McNemar's exact test: p = {test.p:.3g}."
    )


def _heat_map(report: Report, plain: Mapping[str, Any]) -> str:
    if report.faith is None:
        return ""
    faith = report.faith
    words = (
        f"## What raised the score\n\nBlacking out the map's three top cells lowers the logit by "
        f"{faith.top_drop:.2f}, three random cells inside the body by {faith.random_drop:.2f}; the former is "
        f"more in {faith.share:.1%} of {faith.pictures} pictures with a fracture."
    )
    if report.random_correlation is not None:
        words += (
            f" Maps of a network with random weights correlate with these by {report.random_correlation:.2f}."
        )
    if report.pointing is not None:
        words += f"\n\n{pointing_words(plain['pointing'])}"
    return words
