"""What an audit hands to a training."""

import csv
from dataclasses import replace

from model.lab.audit.training_manifest import write_manifest
from tests.support.audits import audit_of, audited

YES, NO = "fractured", "not_fractured"


def saying(file, **columns):
    return replace(file, entries=tuple(replace(one, columns=columns) for one in file.entries))


def written(path, *files):
    write_manifest(audit_of(*files), path / "manifest.csv")
    with (path / "manifest.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_broken_files_and_sources_of_two_labels_are_left_out(tmp_path):
    rows = written(
        tmp_path,
        audited("a" * 64, (YES, ""), source="1", patient="A"),
        audited("b" * 64, (YES, ""), source="2", patient="B"),
        audited("c" * 64, (NO, ""), source="2", patient="B"),
        audited("d" * 64, (NO, ""), source="3", patient="C", error_code="truncated"),
    )
    assert [(row["label"], row["source_group"], row["patient_group"]) for row in rows] == [(YES, "1", "A")]
    assert "boxes" not in rows[0]


def test_what_the_owner_says_of_a_picture_goes_on(tmp_path):
    known = {
        "region": "hand",
        "hardware": "0",
        "boxes": "[[0.1,0.1,0.2,0.2]]",
        "batch": "mixed",
        "block": "7",
    }
    first, second = written(
        tmp_path,
        saying(audited("a" * 64, (YES, ""), source="1", patient="A"), **known),
        audited("b" * 64, (NO, ""), source="2", patient="B"),
    )
    assert {name: first[name] for name in known} == known
    assert {second[name] for name in known} == {""}


def test_copies_and_patients_are_those_that_were_found_and_those_that_are_said(tmp_path):
    rows = written(
        tmp_path,
        saying(audited("a" * 64, (YES, ""), source="1", patient="A"), picture="x", patient_group="p"),
        saying(audited("b" * 64, (YES, ""), source="2", patient="B"), picture="x", patient_group="q"),
        saying(audited("c" * 64, (YES, ""), source="2", patient="B"), picture="y", patient_group="q"),
        saying(audited("d" * 64, (NO, ""), source="3", patient="C"), picture="z", patient_group="p"),
    )
    sources = [row["source_group"] for row in rows]
    patients = [row["patient_group"] for row in rows]
    assert sources[0] == sources[1] == sources[2] != sources[3]
    assert patients[0] == patients[3] != patients[1] == patients[2]
