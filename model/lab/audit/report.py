"""An audit on paper: JSON for programs, Markdown for people, a manifest for training, and sheets."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from model.lab.audit.audit import Audit, AuditedFile
from model.lab.audit.findings import (
    HEURISTIC,
    by_source,
    contradictions,
    findings,
    leaks,
    sources_by_label,
    summary,
)
from model.lab.audit.training_manifest import write_manifest
from model.pictures.contact_sheet import Tile, contact_sheet

_SHEET_COLUMNS: Final = 12
_MOST_TILES: Final = 120
_LARGEST_SOURCES: Final = 10


def as_json(audit: Audit) -> dict[str, Any]:
    """Return an audit as values that JSON can hold.

    Names of files are in it as the collection has them; values of DICOM headers are not.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict of str to object
    """
    kinds = findings(audit)
    return {
        "summary": summary(audit),
        "leak": {
            split: {"rows": leak.rows, "exact": leak.exact, "copies": leak.copies, "patients": leak.patients}
            for split, leak in leaks(audit).items()
        },
        "style_floor": {
            name: {
                "auroc": floor.auroc.value,
                "low": floor.auroc.low,
                "high": floor.auroc.high,
                "fractured": floor.fractured,
                "not_fractured": floor.not_fractured,
            }
            for name, floor in audit.floor.items()
        },
        "style_floor_missing": audit.floor_is_missing or None,
        "findings": {
            name: {
                "files": len(files),
                "sources": len({file.source for file in files}),
                "sources_by_label": dict(sorted(sources_by_label(files).items())),
                "is_heuristic": name in HEURISTIC,
                "sha256": [file.facts.sha256 for file in files],
            }
            for name, files in kinds.items()
        },
        "contradictions": [
            {"source": name, "sha256": [file.facts.sha256 for file in files]}
            for name, files in contradictions(audit).items()
        ],
        "reframed": [
            {
                "sha256": [audit.files[one.first].facts.sha256, audit.files[one.second].facts.sha256],
                "correlation": one.correlation,
                "share": one.share,
            }
            for one in audit.reframed
        ],
        "lookalikes": [
            {
                "sha256": [audit.files[one.first].facts.sha256, audit.files[one.second].facts.sha256],
                "correlation": one.correlation,
                "is_mirrored": one.is_mirrored,
            }
            for one in audit.lookalikes
        ],
        "kinships": dict(sorted(Counter(one.evidence for one in audit.kinships).items())),
        "sources": [
            {"source": name, "files": len(files), "weakest_link": audit.weakest.get(name)}
            for name, files in by_source(audit).items()
        ],
        "files": [_file(file) for file in audit.files],
    }


def _file(file: AuditedFile) -> dict[str, Any]:
    return {
        "sha256": file.facts.sha256,
        "rows": [
            {"file": entry.path.name, "name": entry.name, "label": entry.label, "split": entry.split}
            for entry in file.entries
        ],
        "provenance": file.entries[0].provenance,
        "source": file.source,
        "patient": file.patient,
        "format": file.facts.format,
        "error_code": file.facts.error_code or None,
        "has_wrong_ending": file.facts.has_wrong_ending,
        "marks": sorted(file.facts.marks),
    }


def table(audit: Audit) -> list[tuple[str, str]]:
    """Return the findings by kind: names and figures, without a file's name.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    list of tuple of (str, str)
    """
    rows = [(name.replace("_", " "), str(value)) for name, value in summary(audit).items()]
    for split, leak in leaks(audit).items():
        rows += [
            (f"{split} rows with the same bytes in train", f"{leak.exact} of {leak.rows}"),
            (f"{split} rows with a copy in train, turned ones too", f"{leak.copies} of {leak.rows}"),
            (f"{split} rows whose patient is likely in train", f"{leak.patients} of {leak.rows}"),
        ]
    for evidence, count in sorted(Counter(one.evidence for one in audit.kinships).items()):
        rows.append((f"patients joined by {evidence.replace('_', ' ')}", f"{count} pairs"))
    for name, files in findings(audit).items():
        by_label = ", ".join(f"{count} {label}" for label, count in sorted(sources_by_label(files).items()))
        guess = " (heuristic)" if name in HEURISTIC else ""
        rows.append((name.replace("_", " ") + guess, f"{len(files)} files; sources: {by_label}"))
    for name, floor in audit.floor.items():
        counts = f"{floor.fractured} + {floor.not_fractured} sources"
        rows.append((f"style floor, {name}", f"AUROC {floor.auroc} on {counts}"))
    if audit.floor_is_missing:
        rows.append(("style floor", audit.floor_is_missing))
    return rows


def as_markdown(audit: Audit) -> str:
    """Return the table as Markdown.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    str
    """
    lines = ["# Audit of labelled pictures", "", "| what | how many |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in table(audit)]
    return "\n".join(lines) + "\n"


def write_report(audit: Audit, out: Path) -> None:
    """Write `audit.json`, `audit.md`, `manifest.csv` and the contact sheets into a folder.

    The manifest is what `model train` reads; see `model.lab.audit.training_manifest`.

    Parameters
    ----------
    audit : Audit
    out : Path
        Made if missing; files of these names are replaced.

    Raises
    ------
    OSError
        It cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / "audit.json").write_text(json.dumps(as_json(audit), indent=1) + "\n", encoding="utf-8")
    (out / "audit.md").write_text(as_markdown(audit), encoding="utf-8")
    write_manifest(audit, out / "manifest.csv")
    for name, title, files in _sheets(audit):
        if files:
            (out / f"{name}.png").write_bytes(_sheet(f"{title} ({len(files)})", files))


def _sheets(audit: Audit) -> Iterator[tuple[str, str, list[AuditedFile]]]:
    sources = by_source(audit)
    for number, (name, files) in enumerate(list(sources.items())[:_LARGEST_SOURCES], start=1):
        if len(files) > 1:
            yield f"source-{number:02}", f"source {name}", list(files)
    yield (
        "contradictions",
        "labels that contradict",
        [file for files in contradictions(audit).values() for file in files],
    )
    pairs = [(one.first, one.second) for one in audit.reframed]
    yield (
        "reframed",
        "one radiograph in two frames, by pairs",
        [audit.files[n] for pair in pairs for n in pair],
    )
    pairs = [(one.first, one.second) for one in audit.lookalikes]
    yield "lookalikes", "alike, and yet different, by pairs", [audit.files[n] for pair in pairs for n in pair]
    for name, files in findings(audit).items():
        if not name.startswith("broken"):
            yield (
                f"finding-{name}",
                name.replace("_", " "),
                list({file.source: file for file in files}.values()),
            )


def _sheet(title: str, files: list[AuditedFile]) -> bytes:
    tiles = [_tile(file) for file in files[:_MOST_TILES]]
    return contact_sheet(
        [tile for tile in tiles if tile is not None], title, columns=_SHEET_COLUMNS, side=120
    )


def _tile(file: AuditedFile) -> Tile | None:
    """Return a picture its aspect back."""
    if file.facts.square is None:
        return None
    scale = 224 / max(file.facts.size)
    rows, columns = (max(1, round(side * scale)) for side in file.facts.size)
    picture = cv2.resize(file.facts.square, (columns, rows), interpolation=cv2.INTER_AREA)
    return Tile(np.asarray(picture, np.uint16) * 257, (file.facts.sha256[:16], " ".join(file.labels)))
