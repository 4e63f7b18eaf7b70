"""What a collection of labelled pictures is made of, found before training on it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.decisions.decision import CLASSES
from model.lab.audit.collection import Entry, read_collection
from model.lab.audit.copies import Copies, Groups, find_copies
from model.lab.audit.file_facts import FileFacts, facts_of_all
from model.lab.audit.patients import Kinship, kin_by_key, kin_by_name
from model.lab.audit.reframed import Overlap, overlapping_pairs
from model.lab.audit.rotation import SIDE, Square, Turn
from model.lab.audit.style_floor import Floor, style_floor
from model.lab.dataset.examples import DatasetError, Example

OnProgress = Callable[[str, int, int], None]
_ID_DIGITS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class AuditedFile:
    """All rows with the same bytes.

    Attributes
    ----------
    facts : FileFacts
    entries : tuple of Entry
        At least one.
    source, patient : str
        The same for copies of one picture, and for pictures that are likely of one patient.
    """

    facts: FileFacts
    entries: tuple[Entry, ...]
    source: str
    patient: str

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the labels that it has, sorted."""
        return tuple(sorted({entry.label for entry in self.entries}))


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """The result; places in pairs count the files.

    Attributes
    ----------
    files : tuple of AuditedFile
        By sha256.
    weakest : dict of str to float
        By source of more than one file: the correlation of the weakest link that holds it together.
    reframed : tuple of Overlap
    lookalikes : tuple of Turn
        Alike as a whole, and yet different radiographs: another take, or the other side, mirrored.
    kinships : tuple of Kinship
        Why patients were joined.
    floor : dict of str to Floor
        Empty if it could not be measured.
    floor_is_missing : str
        Why not; empty if it is there.
    """

    files: tuple[AuditedFile, ...]
    weakest: dict[str, float]
    reframed: tuple[Overlap, ...]
    lookalikes: tuple[Turn, ...]
    kinships: tuple[Kinship, ...]
    floor: dict[str, Floor]
    floor_is_missing: str


def audit(data: Path, jobs: int = 2, on_progress: OnProgress = lambda *_: None) -> Audit:
    """Find copies, sources, likely patients, odd files and the style floor of labelled pictures.

    Of each file two squares of 224 pixels are kept, 100 kB; no full-size picture longer than it is looked at.

    Parameters
    ----------
    data : Path
        A manifest or a folder; see `read_collection`. What its columns say of sources and patients changes no
        finding; the manifest for training joins both.
    jobs : int
        Child processes that decode.
    on_progress : callable
        Called with the stage, how much of it is done, and of how much.

    Returns
    -------
    Audit

    Raises
    ------
    DatasetError
        There is nothing to audit.
    """
    rows, facts = _read_files(read_collection(data), jobs, on_progress)
    shown = [place for place, one in enumerate(facts) if one.square is not None]
    copies = find_copies(
        _stacked([facts[place].square for place in shown]),
        _stacked([facts[place].central for place in shown]),
        [facts[place].size for place in shown],
        on_progress,
    )
    sources = Groups(len(facts))
    for link in copies.links:
        sources.join(shown[link.turn.first], shown[link.turn.second])
    roots = sources.roots()
    reframed = _reframed(facts, roots, on_progress)
    parts = {frozenset((int(roots[one.first]), int(roots[one.second]))) for one in reframed}
    moved = [_moved(turn, shown) for turn in copies.lookalikes]
    lookalikes = tuple(
        turn for turn in moved if frozenset((int(roots[turn.first]), int(roots[turn.second]))) not in parts
    )
    kinships = tuple(_kinships(facts, rows, reframed, _pairs(lookalikes, roots)))
    patients = Groups(len(facts))
    for place, root in enumerate(roots.tolist()):
        patients.join(place, root)
    for kinship in kinships:
        patients.join(kinship.first, kinship.second)
    files = tuple(
        AuditedFile(one, entries, facts[source].sha256[:_ID_DIGITS], facts[patient].sha256[:_ID_DIGITS])
        for one, entries, source, patient in zip(
            facts, rows, roots.tolist(), patients.roots().tolist(), strict=True
        )
    )
    on_progress("style floor", 0, 1)
    floor, why = _floor(files)
    on_progress("style floor", 1, 1)
    return Audit(files, _weakest(copies, shown, files), reframed, lookalikes, kinships, floor, why)


def _read_files(
    entries: Sequence[Entry], jobs: int, on_progress: OnProgress
) -> tuple[list[tuple[Entry, ...]], list[FileFacts]]:
    """Read each path once, and put rows with the same bytes together."""
    paths = sorted({entry.path for entry in entries})
    found = facts_of_all(paths, jobs, lambda done: on_progress("reading", done, len(paths)))
    found_at = dict(zip(paths, found, strict=True))
    rows: dict[str, list[Entry]] = defaultdict(list)
    facts: dict[str, FileFacts] = {}
    for entry in entries:
        one = found_at[entry.path]
        key = one.sha256 or f"missing {entry.path}"
        rows[key].append(entry)
        facts.setdefault(key, one)
    order = sorted(facts)
    return [tuple(rows[key]) for key in order], [facts[key] for key in order]


def _stacked(views: Sequence[Square | None]) -> NDArray[np.uint8]:
    stack = np.zeros((len(views), SIDE, SIDE), np.uint8)
    for place, view in enumerate(views):
        if view is not None:
            stack[place] = view
    return stack


def _reframed(
    facts: Sequence[FileFacts], roots: NDArray[np.intp], on_progress: OnProgress
) -> tuple[Overlap, ...]:
    """Compare the largest picture of each source with those of the others."""
    largest: dict[int, int] = {}
    for place, root in enumerate(roots.tolist()):
        if facts[place].square is None:
            continue
        best = largest.get(root)
        if best is None or np.prod(facts[place].size) > np.prod(facts[best].size):
            largest[root] = place
    places = sorted(largest.values())
    squares = [square for place in places if (square := facts[place].square) is not None]
    found = overlapping_pairs(squares, [facts[place].size for place in places], on_progress)
    return tuple(Overlap(places[one.first], places[one.second], one.correlation, one.share) for one in found)


def _moved(turn: Turn, shown: Sequence[int]) -> Turn:
    return Turn(shown[turn.first], shown[turn.second], turn.correlation, turn.angle, turn.is_mirrored)


def _pairs(lookalikes: Iterable[Turn], roots: NDArray[np.intp]) -> list[Turn]:
    """Keep the best lookalike of each source: a chain of them would join a hospital into one patient."""
    paired: set[int] = set()
    kept = []
    for turn in lookalikes:
        pair = {int(roots[turn.first]), int(roots[turn.second])}
        if not pair & paired:
            paired |= pair
            kept.append(turn)
    return kept


def _kinships(
    facts: Sequence[FileFacts],
    rows: Sequence[tuple[Entry, ...]],
    reframed: Iterable[Overlap],
    lookalikes: Iterable[Turn],
) -> Iterable[Kinship]:
    yield from kin_by_key([one.patient for one in facts], "patient_id")
    yield from kin_by_key([None if one.patient else one.study for one in facts], "study")
    yield from kin_by_name([[entry.name for entry in entries] for entries in rows])
    for overlap in reframed:
        yield Kinship(overlap.first, overlap.second, "reframed")
    for turn in lookalikes:
        yield Kinship(turn.first, turn.second, "mirror_image" if turn.is_mirrored else "another_take")


def _weakest(copies: Copies, shown: Sequence[int], files: Sequence[AuditedFile]) -> dict[str, float]:
    weakest: dict[str, float] = {}
    for link in copies.links:
        source = files[shown[link.turn.first]].source
        weakest[source] = min(weakest.get(source, 1.0), link.correlation)
    return weakest


def _floor(files: Sequence[AuditedFile]) -> tuple[dict[str, Floor], str]:
    """Measure the style floor on what can be decoded and has one label of the two."""
    labels: dict[str, set[str]] = defaultdict(set)
    for file in files:
        labels[file.source].update(file.labels)
    examples, features = [], []
    for file in files:
        known = labels[file.source]
        if file.facts.style is None or len(known) > 1 or not known <= set(CLASSES):
            continue
        provenance = Counter(entry.provenance for entry in file.entries).most_common(1)[0][0]
        label = CLASSES.index(file.labels[0])
        examples.append(
            Example(file.entries[0].path, file.facts.sha256, label, file.source, file.patient, provenance)
        )
        features.append(file.facts.style)
    if not examples:
        return {}, f"no picture has one of the labels {' and '.join(CLASSES)}"
    try:
        return style_floor(examples, np.stack(features)), ""
    except DatasetError as error:
        return {}, str(error)
