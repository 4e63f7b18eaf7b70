"""What an audit found, counted and listed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from model.lab.audit.audit import Audit, AuditedFile

HEURISTIC: Final = frozenset({"colour_marks", "colour_photograph", "few_tones", "bright_bars"})
"""Findings that a person has to look at: they err in both directions."""


@dataclass(frozen=True, slots=True)
class Leak:
    """How much of one part of a split stands in its training part.

    Attributes
    ----------
    rows : int
    exact, copies, patients : int
        Rows of it with the same bytes in train; with the same source; with a picture of the same patient.
    """

    rows: int
    exact: int
    copies: int
    patients: int


def leaks(audit: Audit) -> dict[str, Leak]:
    """Count, over rows, what of `val` and `test` is in `train`.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict of str to Leak
    """
    train = [file for file in audit.files if any(entry.split == "train" for entry in file.entries)]
    keys: tuple[Callable[[AuditedFile], str], ...] = (
        lambda file: file.facts.sha256,
        lambda file: file.source,
        lambda file: file.patient,
    )
    seen = [{key(file) for file in train} for key in keys]
    found = {}
    for split in ("val", "test"):
        times = [(file, sum(entry.split == split for entry in file.entries)) for file in audit.files]
        rows = sum(count for _, count in times)
        if rows and train:
            exact, copies, patients = (
                sum(count for file, count in times if key(file) in known)
                for key, known in zip(keys, seen, strict=True)
            )
            found[split] = Leak(rows, exact, copies, patients)
    return found


def by_source(audit: Audit) -> dict[str, tuple[AuditedFile, ...]]:
    """Return the files of each source, the largest source first.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict of str to tuple of AuditedFile
    """
    sources: dict[str, list[AuditedFile]] = defaultdict(list)
    for file in audit.files:
        sources[file.source].append(file)
    return {
        name: tuple(sources[name]) for name in sorted(sources, key=lambda name: (-len(sources[name]), name))
    }


def contradictions(audit: Audit) -> dict[str, tuple[AuditedFile, ...]]:
    """Return the sources that have more than one label.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict of str to tuple of AuditedFile
    """
    return {
        name: files
        for name, files in by_source(audit).items()
        if len({one for file in files for one in file.labels}) > 1
    }


def findings(audit: Audit) -> dict[str, tuple[AuditedFile, ...]]:
    """Return the files by what is odd about them.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict of str to tuple of AuditedFile
        `broken: CODE`, `wrong_ending`, and the marks of `marks_of`; sorted.
    """
    found: dict[str, list[AuditedFile]] = defaultdict(list)
    for file in audit.files:
        if file.facts.error_code:
            found[f"broken: {file.facts.error_code}"].append(file)
        if file.facts.has_wrong_ending:
            found["wrong_ending"].append(file)
        for mark in file.facts.marks:
            found[mark].append(file)
    return {name: tuple(found[name]) for name in sorted(found)}


def sources_by_label(files: Iterable[AuditedFile]) -> Counter[str]:
    """Count sources by label: a finding that has one label is a shortcut.

    Parameters
    ----------
    files : iterable of AuditedFile

    Returns
    -------
    Counter of str
    """
    return Counter(label for _, label in {(file.source, label) for file in files for label in file.labels})


def summary(audit: Audit) -> dict[str, int]:
    """Count rows, files, sources and patients.

    Parameters
    ----------
    audit : Audit

    Returns
    -------
    dict of str to int
    """
    sources = by_source(audit)
    return {
        "rows": sum(len(file.entries) for file in audit.files),
        "files": len(audit.files),
        "broken": sum(bool(file.facts.error_code) for file in audit.files),
        "sources": len(sources),
        "sources_of_one_file": sum(len(files) == 1 for files in sources.values()),
        "largest_source": max((len(files) for files in sources.values()), default=0),
        "patients": len({file.patient for file in audit.files}),
        "reframed_pairs": len(audit.reframed),
        "lookalike_pairs": len(audit.lookalikes),
        "contradicting_sources": len(contradictions(audit)),
    }
