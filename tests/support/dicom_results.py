"""Answers and headers for tests of the objects that are made of them, and other programs that judge these."""

import hashlib
import os
import shutil
import subprocess
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

import numpy as np
import pydicom
import pytest

from daemon.decoding.excerpt import excerpt_file
from daemon.decoding.messages import ExcerptRequest
from model.decisions.decision import Decision
from model.dicom_results.made_object import KINDS
from model.dicom_results.scan_answer import AnswerIdentity, AnsweringModel, ScanAnswer
from storage.records import PredictionRecord
from tests.support.deadlines import scaled
from tests.support.dicom_files import image, to_bytes
from tests.support.limits import LIMITS
from tests.support.opened import with_file
from tests.support.pictures import pixels
from tests.support.records import classified

needs_dciodvfy = pytest.mark.skipif(
    not shutil.which("dciodvfy"), reason="dicom3tools' dciodvfy is not installed"
)
needs_dsrdump = pytest.mark.skipif(not shutil.which("dsrdump"), reason="DCMTK's dsrdump is not installed")
needs_dcmp2pgm = pytest.mark.skipif(not shutil.which("dcmp2pgm"), reason="DCMTK's dcmp2pgm is not installed")

JAPAN = timezone(timedelta(hours=9))
MOMENT = datetime(2026, 11, 23, 20, 30, 15, 123456, tzinfo=UTC)
MODEL = AnsweringModel("inboxray-test", "1.2.3", 0.1, 0.6, "0.1.0")


def identity(**changed):
    whole = {
        "sha256": "ab" * 32,
        "model_sha256": "cd" * 32,
        "pipeline_version": "3",
        "finished_at": MOMENT,
    }
    return AnswerIdentity(**(whole | changed))


def heat_map(row=2, column=4, height=3.0):
    """A map with one place that counts, and doubt elsewhere."""
    made = np.full((7, 7), -0.5, np.float32)
    made[row, column] = height
    return made


def scan_answer(decision="fractured", **changed):
    fields = {
        "identity": identity(),
        "model": MODEL,
        "decision": Decision(decision),
        "probability": 0.75,
        "score": 0.625,
        "prevalence": 0.3,
        "region": "leg",
        "frame": 1,
        "frames": 1,
        "heat_map": heat_map(),
        "number": 17,
    }
    return ScanAnswer(**(fields | changed))


WHOLE = {
    "PatientName": "Doe^Jane",
    "PatientID": "P-1",
    "PatientBirthDate": "19700102",
    "PatientSex": "F",
    "StudyInstanceUID": "1.2.826.0.1.1",
    "SeriesInstanceUID": "1.2.826.0.1.2",
    "SOPInstanceUID": "1.2.826.0.1.3",
    "StudyDate": "20261123",
    "StudyTime": "101112",
    "StudyID": "S1",
    "AccessionNumber": "A1",
    "ReferringPhysicianName": "Roe^Richard",
    "Laterality": "L",
}
"""A header that lacks nothing."""


def scan_bytes(stored=None, **elements):
    """A file with that header; None takes an element out. Bad values are meant, and are not warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen = {name: value for name, value in (WHOLE | elements).items() if value is not None}
        dataset = image(pixels(3) if stored is None else stored, **chosen)
        return to_bytes(dataset)


def excerpted(folder, data, frame=1, *, is_drawn=True, size=256):
    """Give what a child takes out of a file: its answer."""
    path = folder / "excerpted"
    path.write_bytes(data)
    limits = replace(LIMITS, input_size=size)
    request = ExcerptRequest(frame, is_drawn=is_drawn)
    return with_file(excerpt_file, os.fsencode(path), limits, request, None)


def answered(number, data=None, **changed):
    """A row of a file, `scan_bytes()` without one, that was answered as the same bytes always are."""
    frame = PredictionRecord(1, 1.0, 0.75, 0.625, 3.5, "fractured", heat_map().astype("<f4").tobytes())
    sha256 = hashlib.sha256(scan_bytes() if data is None else data).hexdigest()
    return replace(classified(number, sha256=sha256, predictions=(frame,)), **changed)


def made_of(folder, data, answer=None, kinds=KINDS, zone=JAPAN, **options):
    """Make objects of a file's header and an answer: by kind."""
    from model.dicom_results.make import make_objects

    answer = scan_answer() if answer is None else answer
    found = excerpted(folder, data, answer.frame, **options)
    assert found.excerpt is not None, found.error_code
    square = None if found.inputs is None else found.inputs[0]
    made = make_objects(answer, found.header, found.excerpt, square, kinds, zone)
    return {one.kind: one for one in made}


def parsed(made):
    """Read an object back."""
    return pydicom.dcmread(BytesIO(made.content))


def errors_of(folder, made):
    """Give the errors that dciodvfy finds in an object: lines."""
    path = folder / f"{made.kind}.dcm"
    path.write_bytes(made.content)
    ended = subprocess.run(
        ["dciodvfy", "-new", path],
        capture_output=True,
        timeout=scaled(30),
        check=False,
    )
    lines = ended.stderr.decode("utf-8", "replace").splitlines()
    assert {"Comprehensive3DSR", "SCImage", "GrayscaleSoftcopyPresentationState"} & set(lines), lines
    return [line for line in lines if line.startswith("Error")]
