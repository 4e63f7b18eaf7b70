#!/bin/sh
# highdicom 0.28.2: the same object with the same UIDs, made a second later, has other bytes.
#
# Its classes add themselves to Contributing Equipment Sequence (0018,A001) with Contribution DateTime (0018,A002) of the
# moment at which they run; no argument sets it. Guessed: equal bytes, for each time that can be given is given. Seen:
# "differs in ContributingEquipmentSequence alone", with ContributionDateTime of now; the other times are replaced here. What we do: the item is taken
# out, for a result that is made again must have the same bytes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet highdicom==0.28.2 pydicom==3.0.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import time

import numpy as np
from highdicom.sc import SCImage
from pydicom.uid import ExplicitVRLittleEndian

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5)


def made():
    image = SCImage(
        pixel_array=np.zeros((8, 8), np.uint8),
        photometric_interpretation="MONOCHROME2",
        bits_allocated=8,
        coordinate_system="PATIENT",
        study_instance_uid="2.25.1",
        series_instance_uid="2.25.2",
        series_number=1,
        sop_instance_uid="2.25.3",
        instance_number=1,
        manufacturer="Maker",
        patient_orientation=("L", "P"),
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    for keyword in ("InstanceCreationDate", "ContentDate", "DateOfSecondaryCapture"):
        setattr(image, keyword, MOMENT.date())
    for keyword in ("InstanceCreationTime", "ContentTime", "TimeOfSecondaryCapture"):
        setattr(image, keyword, MOMENT.time())
    return image


one = made()
time.sleep(1.1)
other = made()
differ = sorted(element.keyword for element in one if other.get(element.tag) != element)
(item,) = one.ContributingEquipmentSequence
print("differs in", *differ, "alone; ContributionDateTime in it:", "ContributionDateTime" in item)
assert differ == ["ContributingEquipmentSequence"], "the behaviour has changed"
assert "ContributionDateTime" in item, "the behaviour has changed"
PYTHON
