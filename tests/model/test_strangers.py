"""Each shipped release abstains from pictures of kinds that nothing of its abstaining was learned from."""

from pathlib import Path

import numpy as np
import pytest

from model.decisions.decision import Decision
from model.decisions.strangeness import Strangeness, read_abstaining
from model.reading.prepare import prepare
from tests.support.release import SHIPPED, shipped_classifier, shipped_release
from tests.support.shared import SHARED, needs_shared

OTHERS = {
    "ct": ("693_UNCR.dcm", "bad_sequence.dcm", "explicit_VR-UN.dcm", "eCT_Supplemental.dcm"),
    "mr": ("MR-SIEMENS-DICOM-WithOverlays.dcm", "emri_small.dcm"),
    "ultrasound": ("JPGLosslessP14SV1_1s_1f_8b.dcm", "US1_UNCR.dcm", "gdcm-US-ALOKA-16.dcm"),
    "nuclear": ("JPEG2000_UNC.dcm",),
    "photograph": ("OT-PAL-8-face.dcm",),
    "test pattern": ("SC_rgb.dcm", "mlut_18.dcm"),
}


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda folder: folder.name)
def asked(request):
    """A shipped release: its input size, and what gives its decisions."""
    release, classifier = shipped_release(request.param), shipped_classifier(folder=request.param)
    judge = read_abstaining(release.read(release.abstention_file), 1280)
    assert isinstance(judge, Strangeness), "it abstains by its last features alone"

    def decisions(inputs):
        return [one.decision for one in classifier.classify(inputs)]

    return classifier.input_size, decisions


def test_pictures_of_other_kinds_are_abstained(asked):
    size, decisions = asked
    data = pytest.importorskip("data_store", reason="the package `pydicom-data` is not installed")
    folder = Path(data.__file__).parent / "data"
    names = [name for kind in OTHERS.values() for name in kind]

    found = decisions(
        np.stack([prepare((folder / name).read_bytes(), size=size).inputs[0] for name in names])
    )

    missed = [name for name, one in zip(names, found, strict=True) if one is not Decision.ABSTAINED]
    assert len(missed) <= 1, missed


@pytest.mark.parametrize("level", [0, 30000, 65535])
def test_an_empty_picture_is_abstained(asked, level):
    size, decisions = asked
    assert decisions(np.full((1, size, size), level, np.uint16)) == [Decision.ABSTAINED]


@needs_shared
@pytest.mark.shared
def test_a_hand_and_a_leg_are_not(asked):
    size, decisions = asked
    names = ("RG3_UNC.dcm", "NM_Kakadu44_SOTmarkerincons.dcm")
    folder = SHARED / "dicom/radiograph"
    pictures = [prepare((folder / name).read_bytes(), size=size).inputs[0] for name in names]

    assert Decision.ABSTAINED not in decisions(np.stack(pictures))
