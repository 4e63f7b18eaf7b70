"""Every image storage SOP class that pynetdicom knows is taken, in every transfer syntax that we decode."""

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")

from pydicom.uid import UID
from pynetdicom.sop_class import _STORAGE_CLASSES

from daemon.network.receiving.sop_classes import (
    IMAGE_STORAGE,
    STORAGE_COMMITMENT,
    VERIFICATION,
    transfer_syntaxes_of,
)
from model.reading.decoders.registry import ENCAPSULATED, NATIVE, REFERENCED


def test_every_image_storage_class_is_taken_and_no_other():
    images = {uid for name, uid in _STORAGE_CLASSES.items() if "Image" in name}
    assert images - IMAGE_STORAGE == set()
    others = {UID(uid).name for uid in IMAGE_STORAGE - images}
    retired = {UID(uid).name for uid in IMAGE_STORAGE if UID(uid).is_retired}
    assert others - retired == {
        "Enhanced US Volume Storage",
        "Ophthalmic Thickness Map Storage",
        "Corneal Topography Map Storage",
        "Parametric Map Storage",
        "RT Dose Storage",
        "Segmentation Storage",
    }


def test_all_that_is_decoded_is_offered_and_nothing_else():
    taken = transfer_syntaxes_of("1.2.840.10008.5.1.4.1.1.1", commits=False)
    assert taken == NATIVE | ENCAPSULATED
    assert not taken & REFERENCED


def test_commitment_is_offered_only_if_it_is_answered():
    assert transfer_syntaxes_of(STORAGE_COMMITMENT, commits=True)
    assert not transfer_syntaxes_of(STORAGE_COMMITMENT, commits=False)
    assert transfer_syntaxes_of(VERIFICATION, commits=False)
    assert not transfer_syntaxes_of("1.2.840.10008.5.1.4.1.1.88.33", commits=True)  # a report
