import csv
import json

import pytest

from model.lab.audit.audit import audit
from model.lab.audit.findings import by_source, contradictions, findings, leaks, summary
from model.lab.audit.report import as_json, as_markdown, write_report
from model.lab.dataset.examples import read_examples
from tests.support.pictures import dicom_bytes
from tests.support.radiographs import encoded, radiograph, turned
from tests.support.shared import SHARED, needs_shared


def place(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A public set in small: copies across splits, torn labels, neighbours, odd files."""
    folder = tmp_path_factory.mktemp("public")
    first, second = radiograph(1), radiograph(2)
    place(folder, "train/fractured/1.png", encoded(first))
    place(folder, "test/fractured/1 (1).png", encoded(first))
    place(folder, "test/fractured/1-rotated1.jpg", encoded(turned(first, 33), ".jpg"))
    place(folder, "train/fractured/2.png", encoded(second))
    place(folder, "train/not fractured/2.jpg", encoded(turned(second, -50), ".jpg"))
    place(folder, "train/not fractured/IMG0000100.png", encoded(radiograph(3)))
    place(folder, "test/not fractured/IMG0000101.png", encoded(radiograph(4)))
    place(folder, "val/not fractured/alone.png", encoded(radiograph(5)))
    place(folder, "val/not fractured/wrong.png", encoded(radiograph(6), ".jpg"))
    place(folder, "val/not fractured/broken.jpg", encoded(radiograph(7), ".jpg")[:900])
    place(folder, "train/fractured/a.dcm", dicom_bytes(8, PatientID="SECRET^ONE"))
    place(folder, "train/fractured/b.dcm", dicom_bytes(9, PatientID="SECRET^ONE"))
    stages = []
    result = audit(folder, 1, lambda stage, done, total: stages.append((stage, done, total)))
    assert all(done <= total for _, done, total in stages)
    assert {stage for stage, _, _ in stages} >= {"reading", "comparing", "style floor"}
    return result


def file_named(found, name):
    return next(file for file in found.files if any(entry.name.endswith(name) for entry in file.entries))


def test_rows_files_sources_and_patients_are_counted(found):
    assert summary(found) == {
        "rows": 12,
        "files": 11,
        "broken": 1,
        "sources": 9,
        "sources_of_one_file": 7,
        "largest_source": 2,
        "patients": 7,
        "reframed_pairs": 0,
        "lookalike_pairs": 0,
        "contradicting_sources": 1,
    }


def test_a_leak_is_counted_by_rows(found):
    test = leaks(found)["test"]
    assert (test.rows, test.exact, test.copies, test.patients) == (3, 1, 2, 3)
    assert leaks(found)["val"].patients == 0


def test_labels_that_contradict_are_found_over_turned_copies(found):
    (files,) = contradictions(found).values()
    assert {name.split("/")[-1] for file in files for name in (file.entries[0].name,)} == {"2.png", "2.jpg"}


def test_patients_are_known_by_header_and_by_number(found):
    assert file_named(found, "a.dcm").patient == file_named(found, "b.dcm").patient
    assert file_named(found, "IMG0000100.png").patient == file_named(found, "IMG0000101.png").patient
    assert file_named(found, "alone.png").patient != file_named(found, "wrong.png").patient
    assert {one.evidence for one in found.kinships} == {"patient_id", "neighbouring_numbers"}


def test_odd_files_are_named(found):
    kinds = findings(found)
    assert [file.entries[0].name for file in kinds["broken: truncated"]] == ["val/not fractured/broken.jpg"]
    assert [file.entries[0].name for file in kinds["wrong_ending"]] == ["val/not fractured/wrong.png"]


def test_a_report_shows_no_value_of_a_header(found, tmp_path):
    write_report(found, tmp_path)
    for path in tmp_path.iterdir():
        assert b"SECRET" not in path.read_bytes()
    assert json.loads((tmp_path / "audit.json").read_text()) == json.loads(json.dumps(as_json(found)))
    assert "| sources | 9 |" in as_markdown(found)
    assert {path.name for path in tmp_path.glob("*.png")} >= {"source-01.png", "contradictions.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*.png"))


def test_the_manifest_is_what_training_reads(found, tmp_path):
    write_report(found, tmp_path)
    examples = {example.path.name: example for example in read_examples(tmp_path)}
    assert "broken.jpg" not in examples
    assert "2.png" not in examples
    assert examples["IMG0000100.png"].patient == examples["IMG0000101.png"].patient
    assert examples["1-rotated1.jpg"].source == file_named(found, "1-rotated1.jpg").source


def test_a_floor_that_cannot_be_measured_says_why(found):
    assert found.floor == {}
    assert "patients" in found.floor_is_missing


@needs_shared
def test_the_sources_of_a_part_of_the_shared_set_are_those_of_its_column(tmp_path):
    """Every tenth source, the two largest with them, at most 6 files each."""
    with (SHARED / "xray" / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    groups = {}
    for name in sorted(rows):
        groups.setdefault(rows[name]["source_group"], []).append(name)
    taken = {group for place, group in enumerate(sorted(groups)) if place % 10 == 0} | {"913", "3009"}
    kept = {name: group for group in taken for name in groups[group][:6]}
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "label"))
        writer.writerows((SHARED / "xray" / "images" / name, rows[name]["label"]) for name in kept)
    found = by_source(audit(tmp_path))
    mine = {
        frozenset(entry.path.name for file in files for entry in file.entries) for files in found.values()
    }
    reported = {frozenset(name for name in kept if kept[name] == group) for group in taken}
    assert len(mine - reported) <= 1
    assert len(reported - mine) <= 1
