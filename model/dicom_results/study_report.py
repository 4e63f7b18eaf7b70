"""The answers of a study as one structured report: its decision, and a group for each of its scans.

References
----------
PS3.16, TID 1500 Measurement Report, TID 1501; PS3.3 A.35.13 Comprehensive 3D SR IOD.
"""

from datetime import tzinfo
from typing import Any, Final

from model.decisions.decision import Decision
from model.dicom_results import codes
from model.dicom_results.codes import Triple, concept
from model.dicom_results.derived_uid import derived_uid
from model.dicom_results.made_object import STUDY_REPORT, MadeObject
from model.dicom_results.make import quiet_libraries
from model.dicom_results.stamp import stamp
from model.dicom_results.structured_report import finding, observed_by, predecessors
from model.dicom_results.study_answer import StudyAnswer
from model.dicom_results.wording import NOT_A_DEVICE

MOST_SCANS: Final = 200
"""Scans that should have a group of their own, the most suspicious; others are counted."""
_MOST_NAMED: Final = 20
_WORDS: Final[dict[str, Triple]] = {
    **{str(decision): triple for decision, triple in codes.DECISIONS.items()},
    "failed": ("failed", codes.SCHEME, "Failed: a scan could not be read"),
    "rejected": ("rejected", codes.SCHEME, "Rejected: no scan is of the kind that is answered"),
}


def make_study_report(study: StudyAnswer, zone: tzinfo) -> MadeObject:
    """Make the report of a study; made again of the same, it has the same bytes.

    What libraries warn of is not shown: see `model.dicom_results.make.make_objects`.

    Parameters
    ----------
    study : StudyAnswer
    zone : tzinfo
        Of the site; for images that do not say in which their times are.

    Returns
    -------
    MadeObject
    """
    with quiet_libraries():
        return _report(study, zone)


def _report(study: StudyAnswer, zone: tzinfo) -> MadeObject:
    from highdicom.sr import Comprehensive3DSR

    answer = study.as_scan_answer()
    source = study.answered[0][1]
    stamped = stamp(STUDY_REPORT, answer, source, zone)
    evidence = {image.sop_instance_uid: image.dataset for _, image in study.answered}
    made = Comprehensive3DSR(
        evidence=list(evidence.values()),
        content=_content(study)[0],
        is_complete=False,
        is_final=False,
        is_verified=False,
        previous_versions=predecessors(answer, source, STUDY_REPORT),
        coding_schemes=codes.own_scheme(),
        series_description=f"inboxray: answers of a model to a study, {NOT_A_DEVICE}",
        content_date=stamped.moment.date(),
        content_time=stamped.moment.time(),
        **stamped.arguments(),
    )
    made.CompletionFlagDescription = f"answers of a model; {NOT_A_DEVICE}"
    classes = {image.sop_instance_uid: image.sop_class_uid for _, image in study.answered}
    return stamped.finish(made, classes)


def _content(study: StudyAnswer) -> Any:
    from highdicom.sr import MeasurementReport
    from pydicom.sr.codedict import codes as known

    groups = [_whole(study)]
    groups += [finding(answer, source) for answer, source in study.answered]
    return MeasurementReport(
        observation_context=observed_by(study.as_scan_answer()),
        procedure_reported=concept(codes.RADIOGRAPHY),
        imaging_measurements=groups,
        title=known.DCM.ImagingMeasurementReport,
    )


def _whole(study: StudyAnswer) -> Any:
    """Write what the scans make together."""
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        RelationshipTypeValues,
        TextContentItem,
        TrackingIdentifier,
    )

    is_decided = study.answer in set(Decision)
    presence = codes.PRESENCE[Decision(study.answer) if is_decided else Decision.UNCERTAIN]
    if study.answer == Decision.NOT_FRACTURED and not study.is_complete:
        presence = codes.PRESENCE[Decision.UNCERTAIN]  # what was not seen may hold one
    uid = study.answered[0][1].study_instance_uid
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=derived_uid("finding of a study", uid), identifier="fracture, study"
        ),
        finding_type=concept(codes.FRACTURE) if study.answer == Decision.FRACTURED else None,
        qualitative_evaluations=[
            QualitativeEvaluation(concept(codes.FRACTURE), concept(presence)),
            QualitativeEvaluation(concept(codes.DECISION), concept(_WORDS[study.answer])),
        ],
    )
    comment = TextContentItem(
        name=concept(codes.COMMENT),
        value=sentences_of(study),
        relationship_type=RelationshipTypeValues.CONTAINS,
    )
    group[0].ContentSequence.append(comment)
    return group


def sentences_of(study: StudyAnswer) -> str:
    """Say what a study's answer is made of, and what it lacks, in full sentences.

    Parameters
    ----------
    study : StudyAnswer

    Returns
    -------
    str
    """
    scans = sum(study.counts.values())
    parts = ", ".join(f"{number} {_plain(word)}" for word, number in study.counts.items() if number)
    sentences = [f"The study: {_plain(study.answer)}, as its worst scan.", f"Scans: {scans} ({parts})."]
    if study.waiting:
        sentences.append(f"Received with it, and still without an answer: {_named(study.waiting)}.")
    if study.incomplete:
        sentences.append(f"Incomplete: {_named(study.incomplete)}.")
    classified = sum(study.counts.get(decision, 0) for decision in Decision)
    if (left := classified - len(study.answered)) > 0:
        sentences.append(f"Of those, {len(study.answered)} follow each by itself; {left} are only counted.")
    if study.superseded is not None:
        sentences.append("This report takes the place of an earlier one of the same study.")
    return " ".join([*sentences, f"{NOT_A_DEVICE.capitalize()}. No person has verified it."])


def _named(those: tuple[str, ...]) -> str:
    more = len(those) - _MOST_NAMED
    return "; ".join(those[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _plain(word: str) -> str:
    return word.replace("_", " ")
