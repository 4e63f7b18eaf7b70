from datetime import timedelta

import numpy as np
import pytest

from model.dicom_results.structured_report import SOP_CLASS_UID, region_uid
from model.pictures.evidence_region import outline_evidence
from tests.support.dicom_results import (
    MOMENT,
    excerpted,
    heat_map,
    identity,
    made_of,
    parsed,
    scan_answer,
    scan_bytes,
)
from tests.support.pictures import pixels

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")

FRACTURE = ("125605004", "SCT")


def report(folder, decision="fractured", data=None, **changed):
    answer = scan_answer(decision, **changed)
    return parsed(made_of(folder, data or scan_bytes(), answer, kinds=("sr",), is_drawn=False)["sr"])


def groups(dataset):
    """Give the measurement groups: content items by concept name and value."""
    (container,) = [item for item in dataset.ContentSequence if name_of(item) == "126010"]
    return [
        [(name_of(item), value_of(item)) for item in group.ContentSequence]
        for group in container.ContentSequence
    ]


def name_of(item):
    return item.ConceptNameCodeSequence[0].CodeValue


def value_of(item):
    if item.ValueType == "CODE":
        return item.ConceptCodeSequence[0].CodeValue
    if item.ValueType == "NUM":
        return float(item.MeasuredValueSequence[0].NumericValue)
    return item.get("TextValue") or item.get("UID")


def test_it_is_partial_unverified_and_preliminary(tmp_path):
    made = report(tmp_path)
    assert made.SOPClassUID == SOP_CLASS_UID
    flags = (made.CompletionFlag, made.VerificationFlag, made.PreliminaryFlag)
    assert flags == ("PARTIAL", "UNVERIFIED", "PRELIMINARY")
    assert "not a medical device" in made.CompletionFlagDescription


@pytest.mark.parametrize(
    ("decision", "presence"),
    [
        ("fractured", "52101004"),  # present
        ("uncertain", "373068000"),  # undetermined
        ("abstained", "373068000"),
        ("not_fractured", "272519000"),  # absent
    ],
)
def test_each_decision_is_stated_as_such(tmp_path, decision, presence):
    """Break it: state the finding always."""
    (whole, *_) = groups(report(tmp_path, decision))
    assert (FRACTURE[0], presence) in whole
    assert ("decision", decision) in whole
    assert (("121071", FRACTURE[0]) in whole) is (decision == "fractured")
    assert (("probability", 75.0) in whole) is (decision != "abstained")  # else it says nothing


def test_the_model_is_identified_by_name_version_and_digest_with_its_thresholds(tmp_path):
    (whole, *_) = groups(report(tmp_path))
    assert ("111001", "inboxray-test") in whole
    assert ("111003", "1.2.3") in whole
    parameters = {value for name, value in whole if name == "111002"}
    assert {f"sha256={'cd' * 32}", "rule_out=0.100000", "rule_in=0.600000", "score=0.625000"} <= parameters
    assert {"pipeline=3", "prevalence=0.300000"} <= parameters


def test_the_region_is_given_in_pixels_of_the_image_and_is_not_called_a_fracture(tmp_path):
    made = highdicom.sr.Comprehensive3DSR.from_dataset(report(tmp_path))
    (roi,) = made.content.get_planar_roi_measurement_groups()
    (outline,) = outline_evidence(heat_map(), *pixels(3).shape, 1.0)
    np.testing.assert_allclose(roi.roi.value, outline, atol=1e-3)
    assert (roi.finding_type.value, roi.tracking_uid) == ("evidence", region_uid(scan_answer(), 1))


@pytest.mark.parametrize("decision", ["abstained", "not_fractured"])
def test_there_is_no_region_where_the_map_says_nothing(tmp_path, decision):
    assert len(groups(report(tmp_path, decision))) == 1


def test_the_site_is_where_the_network_sees_it_with_the_side_of_the_image(tmp_path):
    (site,) = sites(report(tmp_path))
    assert (site.ConceptCodeSequence[0].CodeValue, value_of(site.ContentSequence[0])) == (
        "61685007",
        "7771000",
    )
    assert sites(report(tmp_path, region="several")) == []
    (site,) = sites(report(tmp_path, data=scan_bytes(Laterality=None)))
    assert "ContentSequence" not in site


def sites(dataset):
    group = dataset.ContentSequence[-1].ContentSequence[0]
    return [item for item in group.ContentSequence if name_of(item) == "363698007"]


def test_what_is_tracked_stays_one_through_corrections_and_regions_do_not(tmp_path):
    later = identity(finished_at=MOMENT + timedelta(days=1))
    first, second = report(tmp_path), report(tmp_path, identity=later)
    tracked = [dict(groups(one)[number])["112040"] for one in (first, second) for number in (0, 1)]
    assert tracked[0] == tracked[2]
    assert tracked[1] != tracked[3]


def test_the_frame_is_referred_to_where_there_are_several(tmp_path):
    frames = scan_bytes(np.stack([pixels(seed) for seed in range(3)]))
    made = report(tmp_path, data=frames, frame=2, frames=3)
    found = [e.value for e in made.iterall() if e.keyword == "ReferencedFrameNumber"]
    assert found == [2, 2]
    assert not [e for e in report(tmp_path).iterall() if e.keyword == "ReferencedFrameNumber"]


def test_a_correction_points_to_the_report_that_it_takes_the_place_of(tmp_path):
    before = identity(finished_at=MOMENT - timedelta(days=1), model_sha256="ef" * 32)
    first, second = report(tmp_path, identity=before), report(tmp_path, superseded=before)
    assert "PredecessorDocumentsSequence" not in first
    (study,) = second.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (document,) = series.ReferencedSOPSequence
    assert (study.StudyInstanceUID, series.SeriesInstanceUID, document.ReferencedSOPInstanceUID) == (
        first.StudyInstanceUID,
        first.SeriesInstanceUID,
        first.SOPInstanceUID,
    )
    assert document.ReferencedSOPClassUID == SOP_CLASS_UID


def test_it_is_the_same_whether_other_objects_are_made_or_not(tmp_path):
    alone = made_of(tmp_path, scan_bytes(PixelAspectRatio=[3, 2]), kinds=("sr",), is_drawn=False)
    assert alone["sr"] == made_of(tmp_path, scan_bytes(PixelAspectRatio=[3, 2]))["sr"]
    assert excerpted(tmp_path, scan_bytes(), is_drawn=False).inputs is None
