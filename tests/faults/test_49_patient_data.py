"""Fault 49: nothing of a patient, file names included, in logs, tracebacks, reason files, status or metrics.

A canary stands in thirty tags and in each name, and files take every way that a file can end, at DEBUG.

Break it: log `claim.source` in `daemon.pipeline.pipeline.Pipeline._put_back`, or chain the driver's error
in `storage.translate`.
"""

import sqlite3
import urllib.request
import warnings
from contextlib import closing

import pytest

from tests.faults.conftest import CALM, Hostile
from tests.support.daemons import files
from tests.support.deadlines import scaled
from tests.support.failing import Point
from tests.support.ledgers import own_database, scans
from tests.support.pictures import dicom_bytes, drop, png_bytes
from tests.support.ports import free_port

CANARY = "CANARY7731"
WORDS = (
    *("AccessionNumber", "AdditionalPatientHistory", "AdmittingDiagnosesDescription", "BodyPartExamined"),
    *("CurrentPatientLocation", "DetectorDescription", "EthnicGroup", "ImageComments", "InstitutionName"),
    *("InstitutionAddress", "InstitutionalDepartmentName", "Manufacturer", "Occupation", "PatientAddress"),
    *("PatientComments", "PatientID", "PatientName", "PerformedProcedureStepDescription", "ProtocolName"),
    *("ReasonForStudy", "ReferringPhysicianName", "RequestedProcedureDescription", "SeriesDescription"),
    *("StationName", "StudyDescription", "StudyID", "ViewPosition", "OperatorsName"),
    *("PatientMotherBirthName", "RequestingPhysician"),
)
ODD = {"PatientAge": CANARY, "PatientBirthDate": CANARY, "StudyInstanceUID": CANARY}


def tagged(seed, **more):
    return dicom_bytes(seed, **dict.fromkeys(WORDS, CANARY) | more)


def marked(data, old, new):
    """Exchange bytes of a file; both are of one length."""
    assert old in data
    return data.replace(old, new)


@pytest.fixture(scope="module")
def named():
    """Files that end in every way, by their name without the canary, and the code that each ends with."""
    whole = tagged(1)
    return {
        "whole.dcm": (whole, "classified"),
        "odd.dcm": (with_odd_values(), "classified"),
        "picture.png": (png_bytes(3), "classified"),
        "cut.dcm": (whole[: len(whole) - 900], "truncated"),
        "cut_in_header": (whole[: whole.index(CANARY.encode()) + 5], "truncated"),  # within a value
        "text.txt": (CANARY.encode() * 40, "unknown_format"),
        "nothing.dcm": (b"", "empty_file"),
        "exe.dcm": (b"MZ" + whole[2:], "executable_preamble"),
        "huge.dcm": (tagged(4, NumberOfFrames=9999), "too_large"),
        "syntax.dcm": (
            marked(whole, b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"),
            "unsupported_transfer_syntax",
        ),
        "modality.dcm": (tagged(5, Modality="XX"), "excluded_modality"),
        "crash": (b"CRASH " + CANARY.encode(), "decoder_crashed"),
        "hang": (b"ASLEEP " + CANARY.encode(), "deadline"),
        "memory": (b"MEMORY " + CANARY.encode(), "out_of_memory"),
        "talk": (b"TALK " + CANARY.encode(), "unknown_format"),
        "foreign": (b"FOREIGN " + CANARY.encode(), None),
    }


def with_odd_values():
    """Values that are none of their kind, which pydicom quotes in its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = tagged(2, **ODD, InstanceNumber="7070707070")
    return marked(data, b"7070707070", CANARY.encode())


def assert_silent(*texts):
    assert len(WORDS) == 30
    for text in texts:
        assert CANARY not in text
        assert CANARY.encode().hex() not in text


def test_49_nothing_of_a_patient_leaves_the_files_and_the_rows(tmp_path, named):
    port = free_port()
    spool = tmp_path / "spool"
    settings = CALM | {
        "log_level": "debug",
        "metrics_listen": f"127.0.0.1:{port}",
        "deadline_s": scaled(1),
        "exclude_modalities": "XX",
    }
    with Hostile(spool, **settings) as daemon:
        sent = {f"{CANARY}-{name}": data for name, (data, _) in named.items()}
        codes = daemon.codes("ward", sent, timeout_s=100)
        expected = {f"{CANARY}-{name}": code for name, (_, code) in named.items() if code}
        assert {name: codes[name] for name in expected} == expected
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=scaled(10)) as answer:
            metrics = answer.read().decode()
        assert_silent(metrics, (spool / ".status.json").read_text())
    reasons = [path.read_text() for path in files(spool / "failed") if path.name.endswith(".reason.json")]
    assert len(reasons) >= 10
    assert_silent(daemon.log.read_text(), *reasons)


@pytest.mark.parametrize(
    ("point", "error"),
    [
        (Point("daemon.spool.claiming", "os.rename"), "EACCES"),
        (Point("daemon.spool.claiming", "os.rename"), "ENOSPC"),
        (Point("daemon.pipeline.decode_queue", "note_attempt"), "EROFS"),
        (Point("daemon.spool.dispose", "rename_new"), "EACCES"),
        (Point("storage.durable.replace", "os.replace", only=".reason.json"), "ENOSPC"),
        (Point("storage.durable.sync", "os.fsync"), "EIO"),
        (Point("daemon.pipeline.commit", "answer_batch"), "EBADMSG"),
        (Point("storage.writes", "prediction_row"), "EBADMSG"),
    ],
)
def test_49_nor_does_it_when_something_below_us_fails(zygote, tmp_path, point, error):
    """The last two are faults of our own, whose tracebacks show."""
    spool = tmp_path / "spool"
    drop(spool / "inbox" / CANARY / f"{CANARY}.dcm", tagged(1))
    drop(spool / "inbox" / f"{CANARY}.txt", CANARY.encode())

    zygote.once(spool, faults=[(point, error, {"times": 1})], log_level="debug", **CALM)

    log = (tmp_path / "spool.log").read_text()
    assert log
    assert_silent(log)
    assert_silent(*(path.read_text() for path in files(spool) if path.name.endswith(".reason.json")))


def test_49_nor_when_a_file_ended_three_daemons_or_the_database_refuses_its_row(zygote, tmp_path):
    spool = tmp_path / "spool"
    drop(spool / "inbox" / f"{CANARY}.dcm", tagged(1))
    guilty = [(Point("daemon.pipeline.decode_queue", "DecodeQueue._decode"), "KILL", {})]
    for _ in range(3):
        zygote.once(spool, faults=guilty, log_level="debug", **CALM)
    assert zygote.once(spool, log_level="debug", **CALM) == 0
    assert [row["error_code"] for row in scans(own_database(spool))] == ["crashed_daemon"]

    with closing(sqlite3.connect(spool / "results.db")) as connection, connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON scans WHEN NEW.patient_id IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    drop(spool / "inbox" / f"{CANARY}-2.dcm", tagged(2))
    assert zygote.once(spool, log_level="debug", **CALM) == 0
    assert [row["error_code"] for row in scans(own_database(spool))][1:] == ["unrecordable"]
    assert_silent((tmp_path / "spool.log").read_text())
