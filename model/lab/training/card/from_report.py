"""The card of a release, written anew from a report: shortcuts can only be measured after a training."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.report import OUT_OF_FOLD
from model.lab.training.card.card import CardFacts, write_card
from model.lab.training.train_settings import TrainSettings, command_of
from model.lab.whole_files import replace_file
from model.release import MANIFEST, Release, open_release

CARD = "MODEL_CARD.md"

_AGAIN = "make it with `inboxray model evaluate --out DIR` of this version"


def read_report(path: Path) -> dict[str, Any]:
    """Read the `evaluation.json` of a report.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to object

    Raises
    ------
    DatasetError
        It cannot be read, or is no report.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"the report {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise DatasetError(f"{path} is no report; {_AGAIN}") from error
    if not isinstance(report, dict) or not {"subject", "identity", "assessment", "shortcuts"} <= set(report):
        raise DatasetError(f"{path} is no report; {_AGAIN}")
    return report


def card_of_report(
    release: Release,
    report: Mapping[str, Any],
    notes: str = "",
    counts: Mapping[str, Mapping[str, Mapping[str, int]]] | None = None,
    met: Mapping[str, Any] | None = None,
) -> str:
    """Write the card of a release from a report.

    Parameters
    ----------
    release : Release
    report : mapping
        As `read_report` gives it; of this release, or of the cross-validation that it came from.
    notes : str
        Markdown about the data.
    counts : mapping, optional
        As in `CardFacts`.
    met : mapping, optional
        A report of this very release, whose strangers the card lists.

    Returns
    -------
    str

    Raises
    ------
    DatasetError
        The report is of another release or of other pictures, or has figures on pictures learned from.
    """
    out_of_fold = report["subject"] == OUT_OF_FOLD
    identity = report["identity"]
    measured = release.training.get("cross_validation", {}).get("measured", release.training_digest)
    if out_of_fold and identity.get("data") != measured:
        raise DatasetError(
            f"the report is of a cross-validation on other pictures than {release.label} learned from; give "
            "that of its own run"
        )
    if not out_of_fold and (identity.get("release") != release.sha256 or report["warnings"]):
        raise DatasetError(
            f"the report is not of {release.label}, or has figures on pictures that it learned from; "
            "evaluate it on patients that it has never seen"
        )
    if met is not None and met["identity"].get("release") != release.sha256:
        raise DatasetError(
            f"the report with the strangers is not of {release.label} as it is now; evaluate it again with "
            "--strangers, before its card is written"
        )
    training = release.training
    heat_map = report.get("faith")
    facts = CardFacts(
        name=release.name,
        version=release.version,
        command=_command(training.get("settings", {})),
        parts=training.get("parts", {}),
        refused=training.get("refused", {}),
        thresholds=release.thresholds,
        calibration=release.calibration,
        evaluation=report["assessment"],
        settings=training.get("settings", {}),
        notes=notes,
        shortcuts=report["shortcuts"],
        counts=counts or {},
        robustness=report.get("changes", ()),
        heat_map=heat_map and {**heat_map, "random_correlation": report.get("random_correlation")},
        pointing=report.get("pointing"),
        probes=report.get("probes", {}),
        strangers=(met or report).get("strangers", ()),
        measured="out_of_fold" if out_of_fold else "held_out",
        shape=release.shape,
    )
    return write_card(facts)


def rewrite_card(release: Release, card: str, report: Mapping[str, Any]) -> Release:
    """Put a card and its figures into a release; its identity changes with them.

    Parameters
    ----------
    release : Release
        Not yet in use: predictions that were stored name the identity it had.
    card : str
    report : mapping

    Returns
    -------
    Release
        Opened anew.
    """
    content = card.encode()
    manifest = json.loads((release.path / MANIFEST).read_text(encoding="utf-8"))
    manifest["evaluation"] = dict(report)
    manifest["files"][CARD] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    text = json.dumps(manifest, indent=2, allow_nan=False) + "\n"
    for name, written in ((CARD, content), (MANIFEST, text.encode())):
        replace_file(release.path / name, written, is_synced=True)
    return open_release(release.path)


def _command(settings: Mapping[str, Any]) -> str:
    """Return the command of the training, as far as its settings are those of this version."""
    try:
        return command_of(TrainSettings(Path("DATA"), Path("WEIGHTS"), Path("RUN"), **settings))
    except TypeError:  # of another version
        return "inboxray model train --data DATA --base-weights WEIGHTS --out RUN"
