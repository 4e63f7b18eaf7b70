"""What happened to one scan, in the order in which people ask: the answer, why, the file, its history."""

import math
import os
import shlex
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.spool.names import decode_name, is_original
from daemon.spool.reasons import HELPED_BY_A_RETRY, REASONS
from daemon.spool.warnings import explained
from model.release import shipped_release
from storage.records import HEADER_COLUMNS
from storage.vocabulary import ABSTAINED, CLASSIFIED, FRACTURED, NOT_FRACTURED, UNCERTAIN

if TYPE_CHECKING:
    from daemon.spool.folders import Spool
    from storage.scan_detail import ScanDetail


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a scan.

    Parameters
    ----------
    sections : tuple of (str, Mapping)
        Titles, and names with values; what is unknown is left out.
    frames : tuple of Mapping
        A row a frame.
    again : tuple of str
        Commands that do it again.
    reviews : tuple of Mapping
        What people say of the answer, the newest last.
    """

    sections: tuple[tuple[str, Mapping[str, Any]], ...]
    frames: tuple[Mapping[str, Any], ...]
    again: tuple[str, ...]
    reviews: tuple[Mapping[str, Any], ...] = ()

    def as_mapping(self) -> dict[str, Any]:
        """Return all of it as one value that JSON can hold, times excepted.

        Returns
        -------
        dict of str to object
        """
        known: dict[str, Any] = {title: dict(pairs) for title, pairs in self.sections}
        rows = {"frames": self.frames, "reviews": self.reviews}
        lists = {name: [dict(row) for row in found] for name, found in rows.items()}
        return known | lists | {"again": list(self.again)}


def explain_scan(detail: "ScanDetail", spool: "Spool", program: str = "inboxray") -> Explanation:
    """Compose the explanation of a scan from its rows and from what stands in the spool now.

    Parameters
    ----------
    detail : ScanDetail
    spool : Spool
    program : str
        The words that call this program, for a shell.

    Returns
    -------
    Explanation
    """
    scan, run = detail.scan, detail.run
    stored = spool.root / _text_path(scan["stored_path"])
    there = os.path.isfile(stored)  # Path.is_file raises where this user may not look
    shown = ("scan_id", "outcome", "error_code", "decision", "probability", "prevalence", "region")
    answer = {name: scan[name] for name in shown}
    history = {
        "received_at": scan["received_at"],
        "finished_at": scan["finished_at"],
        "attempts": scan["attempts"],
        "seconds": ", ".join(f"{stage} {spent:.3f}" for stage, spent in scan["durations"].items()) or None,
        "duplicate_of": scan["duplicate_of"],
        "duplicates": ", ".join(detail.duplicates) or None,
        "requeued_from": scan["requeued_from"],
        "requeued_as": ", ".join(detail.requeues) or None,
        "run": f"{run['id']} on {run['host']}",
        "run_started_at": run["started_at"],
        "version": run["version"],
        "settings_digest": run["settings_digest"],
    }
    file = {
        "source_name": scan["source_name"],
        "stored_path": scan["stored_path"],
        "there": "yes" if there else "no, or this user may not look: requeued, removed, or just being moved",
        "size_bytes": scan["size_bytes"],
        "sha256": scan["sha256"],
    }
    sections = (
        ("warnings", explained(scan["warnings"])),
        ("answer", answer | {"because": _because(detail), "in_detail": scan["error_detail"]}),
        ("model", _model(detail)),
        ("file", file),
        ("header", {name: scan[name] for name in HEADER_COLUMNS}),
        ("history", history),
    )
    known = (
        (title, {name: value for name, value in pairs.items() if value is not None})
        for title, pairs in sections
    )
    return Explanation(
        tuple(one for one in known if one[1]),
        _frames(detail),
        _again(detail, spool, program, stored=str(stored) if there else None),
        detail.reviews,
    )


def _because(detail: "ScanDetail") -> str | None:
    scan = detail.scan
    if scan["outcome"] != CLASSIFIED:
        return REASONS.get(scan["error_code"])
    limits = detail.model["thresholds"] if detail.model else {}
    if not {"rule_out", "rule_in", "distance"} <= set(limits):
        return None
    score, low, high = f"score {scan['score']:.4f}", limits["rule_out"], limits["rule_in"]
    return {
        FRACTURED: f"{score} reaches rule_in {high:.4f}",
        NOT_FRACTURED: f"{score} is below rule_out {low:.4f}",
        UNCERTAIN: f"{score} lies between rule_out {low:.4f} and rule_in {high:.4f}",
        ABSTAINED: f"distance above {limits['distance']:.4f}: the picture is not like what the model knows",
    }.get(scan["decision"])


def _model(detail: "ScanDetail") -> dict[str, Any]:
    model = detail.model
    if model is None:
        return {}
    return {
        "model": f"{model['name']}@{model['version']}",
        "sha256": model["sha256"],
        "pipeline_version": detail.scan["pipeline_version"],
        **{f"threshold_{name}": value for name, value in model["thresholds"].items()},
        **{f"calibration_{name}": value for name, value in model["calibration"].items()},
    }


def _frames(detail: "ScanDetail") -> tuple[Mapping[str, Any], ...]:
    names = ("frame", "decision", "probability", "score", "logit", "distance", "region")
    return tuple(
        {name: row[name] for name in names} | {"heat_map": _heat_map(row["heat_map"])}
        for row in detail.predictions
    )


def _heat_map(stored: bytes | None) -> list[list[float]] | None:
    """Read a square of float32, little endian, row by row."""
    if stored is None:
        return None
    cells = math.isqrt(len(stored) // 4)
    values = struct.unpack(f"<{cells * cells}f", stored)
    return [list(values[start : start + cells]) for start in range(0, cells * cells, cells)]


def _again(detail: "ScanDetail", spool: "Spool", program: str, *, stored: str | None) -> tuple[str, ...]:
    """Say how to try a scan again: into the inbox only if the answer can be another one."""
    scan = detail.scan
    if stored is None:
        return (f"drop the file into {spool.inbox}",)
    commands = []
    if scan["error_code"] is None or scan["error_code"] in HELPED_BY_A_RETRY:
        inboxray = f"{program} --spool {shlex.quote(str(spool.root))}"
        if not is_original(scan["stored_path"]):
            commands.append(f"{inboxray} requeue {scan['scan_id']}")
        elif scan["error_code"] is not None and scan["sha256"]:
            choice = f"--outcome {scan['outcome']} --sha256 {scan['sha256']}"
            commands.append(f"{inboxray} backfill --again {choice}")
    if stored.isprintable():  # else it cannot be typed
        label = _model(detail).get("model")
        by = f" --model {label}" if label and shipped_release(label) else ""
        commands.append(f"{program} classify{by} {shlex.quote(stored)}")
    return tuple(commands)


def _text_path(encoded: str) -> str:
    return decode_name(encoded).decode("utf-8", "surrogateescape")
