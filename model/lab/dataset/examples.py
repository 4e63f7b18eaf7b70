"""Labelled pictures: what they are and where they come from."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from model.decisions.decision import CLASSES
from model.errors import ModelError
from model.lab.dataset.annotations import Annotations, read_annotations
from model.lab.dataset.labels import CLASS_NAMES, label_of, labelled_files
from model.lab.dataset.patients import join_patients, patient_id_of

_REQUIRED = ("file", "label")


class DatasetError(ModelError):
    """The labelled pictures cannot be used."""

    code = "bad_dataset"


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled picture.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the file's bytes.
    label : int
        Index into `CLASSES`: 1 is `fractured`.
    source : str
        The same for copies of one picture, rotated copies too.
    patient : str
        The same for pictures of one patient; the unit of splitting.
    provenance : str
        Where the picture comes from; `unknown` if that is not known.
    block : str
        The same for pictures that no split may part though nothing says that they are of one patient, as
        neighbours in a collection; empty if each patient is a block of its own.
    annotations : Annotations
    """

    path: Path
    sha256: str
    label: int
    source: str
    patient: str
    provenance: str
    block: str = ""
    annotations: Annotations = Annotations()  # noqa: RUF009 # frozen

    @property
    def unit(self) -> str:
        """The unit of splitting: the block, or the patient where there are no blocks."""
        return self.block or self.patient


def read_examples(data: Path) -> tuple[Example, ...]:
    """Read what is labelled in a folder.

    Parameters
    ----------
    data : Path
        A folder with a `manifest.csv` (files below `images/` or beside it; for its columns see
        `docs/model.md`), the manifest itself, or a folder with a sub-folder for each class; see
        `model.lab.dataset.labels`. Where nothing else names patients, DICOM files do by
        Patient ID (0010,0020), and each other file is a patient.

    Returns
    -------
    tuple of Example
        One a file, by sha256: rows and files with the same bytes are one.

    Raises
    ------
    DatasetError
        There is neither, a column, file or class is missing, a value is not one that its column takes, or one
        picture has two labels.
    """
    manifest = data / "manifest.csv" if data.is_dir() else data
    found = _from_manifest(manifest) if manifest.is_file() else _from_folders(data)
    unique: dict[str, Example] = {}
    for example in with_patients_joined(_same_bytes_joined(found)):
        if unique.setdefault(example.sha256, example).label != example.label:
            raise DatasetError(
                "one picture stands in the data with both labels; decide which it has, or remove it "
                f"(sha256 {example.sha256[:12]})"
            )
    if {example.label for example in unique.values()} != {0, 1}:
        raise DatasetError(f"the data need pictures of both classes: {' and '.join(CLASSES)}")
    return tuple(unique[sha256] for sha256 in sorted(unique))


def _same_bytes_joined(examples: Sequence[Example]) -> list[Example]:
    """Give one source to files with the same bytes: of these one is kept, but what all of them say holds."""
    sources = join_patients([one.sha256 for one in examples], [one.source for one in examples])
    return [replace(one, source=source) for one, source in zip(examples, sources, strict=True)]


def with_patients_joined(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Return the same examples, patients joined that share a source, and blocks that share a patient.

    See `model.lab.dataset.patients.join_patients`.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    tuple of Example
    """
    patients = join_patients([one.source for one in examples], [one.patient for one in examples])
    places = [f"block {one.block}" if one.block else f"patient {one.patient}" for one in examples]
    joined = join_patients(patients, places)
    names: dict[str, str] = {}
    for one, place in zip(examples, joined, strict=True):
        if one.block:
            names[place] = min(one.block, names.get(place, one.block))
    return tuple(
        replace(one, patient=patient, block=names.get(place, ""))
        for one, patient, place in zip(examples, patients, joined, strict=True)
    )


def tell_nothing_of_patients(examples: Sequence[Example]) -> bool:
    """Return whether each file counts as its own source and patient, because nothing better is known.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    bool
    """
    return all(one.sha256 == one.source == one.patient for one in examples)


def without_sources(examples: Sequence[Example], names: Sequence[str]) -> tuple[Example, ...]:
    """Leave out sources that do not belong there, as slices of CT among radiographs.

    Parameters
    ----------
    examples : sequence of Example
    names : sequence of str
        Their `source`; it is the manifest's source_group where there is one.

    Returns
    -------
    tuple of Example

    Raises
    ------
    DatasetError
        There is no such source.
    """
    unknown = sorted(set(names) - {example.source for example in examples})
    if unknown:
        raise DatasetError(
            f"no picture has the source {unknown[0]}, which was to be left out; names are those of the "
            "column source_group"
        )
    return tuple(example for example in examples if example.source not in names)


def _from_manifest(manifest: Path) -> list[Example]:
    images = manifest.parent / "images"
    folder = images if images.is_dir() else manifest.parent
    with manifest.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in _REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f"the manifest has no column {missing[0]}; add it")
        rows = {row["file"]: (reader.line_num, row) for row in reader}
    return [_example(folder / name, line, row) for name, (line, row) in sorted(rows.items())]


def _example(path: Path, line: int, row: dict[str, str]) -> Example:
    label = label_of(row["label"] or "")
    if label not in CLASSES:
        raise DatasetError(
            f"line {line} of the manifest has a label that is neither of {CLASS_NAMES}; correct it"
        )
    try:
        annotations = read_annotations(row)
    except ValueError as error:
        raise DatasetError(f"line {line} of the manifest cannot be used: {error}; correct it") from None
    content = _read(path)
    sha256 = hashlib.sha256(content).hexdigest()
    source = row.get("source_group") or row.get("picture") or sha256
    return Example(
        path=path,
        sha256=sha256,
        label=CLASSES.index(label),
        source=source,
        patient=row.get("patient_group") or patient_id_of(content) or source,
        provenance=row.get("provenance") or "unknown",
        block=row.get("block") or "",
        annotations=annotations,
    )


def _from_folders(data: Path) -> list[Example]:
    examples = []
    for one in labelled_files(data):
        if one.label not in CLASSES:
            raise DatasetError(
                f"the folder {one.label} of {data} is no class: rename it to one of {CLASS_NAMES}, or "
                "move it away"
            )
        content = _read(one.path)
        sha256 = hashlib.sha256(content).hexdigest()
        patient = patient_id_of(content) or sha256
        examples.append(Example(one.path, sha256, CLASSES.index(one.label), sha256, patient, "unknown"))
    if not examples:
        raise DatasetError(
            f"there is neither a manifest.csv nor a folder for each of {CLASS_NAMES} in {data}"
        )
    return examples


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"a picture of the data cannot be read: {error.strerror}") from error


def digest(examples: Sequence[Example]) -> str:
    """Return the sha256 over the hashes and labels of examples, whatever their order.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    str
    """
    lines = sorted(f"{example.sha256} {example.label}\n" for example in examples)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
