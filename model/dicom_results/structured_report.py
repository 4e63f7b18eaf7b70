"""The answer as a structured report: a Comprehensive 3D SR after the template of measurement reports.

A radiograph is a projection, and has no frame of reference in space: a region is given in the image's pixels
(SCOORD), though this kind of report could hold coordinates in space, too.

References
----------
PS3.16, TID 1500 Measurement Report, TID 1501, TID 1410, TID 4019; PS3.3 A.35.13 Comprehensive 3D SR IOD.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from model.decisions.decision import Decision
from model.dicom_results import codes
from model.dicom_results.codes import concept
from model.dicom_results.derived_uid import derived_uid
from model.dicom_results.made_object import STRUCTURED_REPORT, MadeObject
from model.dicom_results.scan_answer import ScanAnswer
from model.dicom_results.source_image import SourceImage
from model.dicom_results.stamp import MANUFACTURER, Stamp, series_uid
from model.dicom_results.wording import NOT_A_DEVICE, explained
from model.pictures.evidence_region import SHARE, Outline

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SOP_CLASS_UID: Final = "1.2.840.10008.5.1.4.1.1.88.34"


def region_uid(answer: ScanAnswer, number: int) -> str:
    """Derive the UID by which a region is tracked through the objects of an answer.

    Parameters
    ----------
    answer : ScanAnswer
    number : int
        From 1.

    Returns
    -------
    str
    """
    return answer.identity.uid("region", str(number))


def structured_report(stamp: Stamp, outlines: Sequence[Outline]) -> MadeObject:
    """Write the answer as a structured report: partial, unverified and preliminary.

    Parameters
    ----------
    stamp : Stamp
    outlines : sequence of ndarray
        Of the evidence; see `model.pictures.evidence_region`.

    Returns
    -------
    MadeObject
    """
    from highdicom.sr import Comprehensive3DSR

    made = Comprehensive3DSR(
        evidence=[stamp.source.dataset],
        content=_content(stamp.answer, stamp.source, outlines)[0],
        is_complete=False,
        is_final=False,
        is_verified=False,
        previous_versions=predecessors(stamp.answer, stamp.source),
        coding_schemes=codes.own_scheme(),
        series_description=f"inboxray: answer of a model, {NOT_A_DEVICE}",
        content_date=stamp.moment.date(),
        content_time=stamp.moment.time(),
        **stamp.arguments(),
    )
    made.CompletionFlagDescription = f"answer of a model; {NOT_A_DEVICE}"
    return stamp.finish(made)


def predecessors(
    answer: ScanAnswer, source: SourceImage, kind: str = STRUCTURED_REPORT
) -> "list[Dataset] | None":
    """Point to the report that an answer takes the place of.

    Parameters
    ----------
    answer : ScanAnswer
    source : SourceImage
    kind : str
        Of both reports.

    Returns
    -------
    list of pydicom.dataset.Dataset or None
    """
    from pydicom.dataset import Dataset

    before = answer.superseded
    if before is None:
        return None
    document = Dataset()
    document.SOPClassUID = SOP_CLASS_UID
    document.SOPInstanceUID = before.uid(kind)
    document.StudyInstanceUID = source.study_instance_uid
    document.SeriesInstanceUID = series_uid(kind, source.study_instance_uid, before.model_sha256)
    return [document]


def _content(answer: ScanAnswer, source: SourceImage, outlines: Sequence[Outline]) -> Any:
    from highdicom.sr import MeasurementReport
    from pydicom.sr.codedict import codes as known

    groups = [finding(answer, source)]
    groups += [_region(answer, source, number, outline) for number, outline in enumerate(outlines, start=1)]
    return MeasurementReport(
        observation_context=observed_by(answer),
        procedure_reported=concept(codes.RADIOGRAPHY),
        imaging_measurements=groups,
        title=known.DCM.ImagingMeasurementReport,
    )


def observed_by(answer: ScanAnswer) -> Any:
    """Name the model that answered as the observer.

    Parameters
    ----------
    answer : ScanAnswer

    Returns
    -------
    highdicom.sr.ObservationContext
    """
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObservationContext, ObserverContext
    from pydicom.sr.codedict import codes as known

    observer = ObserverContext(
        observer_type=known.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=derived_uid("observer", answer.identity.model_sha256),
            name=answer.model.title,
            manufacturer_name=MANUFACTURER,
            model_name=answer.model.name,
            serial_number=answer.identity.model_sha256,
        ),
    )
    return ObservationContext(observer_device_context=observer)


def finding(answer: ScanAnswer, source: SourceImage) -> Any:
    """Write what was decided about the whole frame; a finding is stated only where it was found.

    Parameters
    ----------
    answer : ScanAnswer
    source : SourceImage

    Returns
    -------
    highdicom.sr.MeasurementsAndQualitativeEvaluations
    """
    from highdicom.sr import (
        Measurement,
        MeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        RelationshipTypeValues,
        SourceImageForMeasurementGroup,
        TextContentItem,
        TrackingIdentifier,
    )

    measurements = None
    if answer.decision is not Decision.ABSTAINED:  # then the number says nothing
        share = round(answer.probability * 100, 4)
        measurements = [Measurement(concept(codes.PROBABILITY), share, concept(codes.PER_CENT))]
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=derived_uid("finding", answer.identity.sha256), identifier="fracture"
        ),
        finding_type=concept(codes.FRACTURE) if answer.decision is Decision.FRACTURED else None,
        algorithm_id=_algorithm(answer),
        finding_sites=_sites(answer, source),
        measurements=measurements,
        qualitative_evaluations=[
            QualitativeEvaluation(concept(codes.FRACTURE), concept(codes.PRESENCE[answer.decision])),
            QualitativeEvaluation(concept(codes.DECISION), concept(codes.DECISIONS[answer.decision])),
        ],
        source_images=[SourceImageForMeasurementGroup(**_reference(answer, source))],
    )
    comment = TextContentItem(
        name=concept(codes.COMMENT),
        value=explained(answer),
        relationship_type=RelationshipTypeValues.CONTAINS,
    )
    group[0].ContentSequence.append(comment)
    return group


def _region(answer: ScanAnswer, source: SourceImage, number: int, outline: Outline) -> Any:
    """Write what raised the score: it is named so, and not a fracture, for it need not be one."""
    from highdicom.sr import (
        GraphicTypeValues,
        ImageRegion,
        PlanarROIMeasurementsAndQualitativeEvaluations,
        QualitativeEvaluation,
        SourceImageForRegion,
        TrackingIdentifier,
    )

    return PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=region_uid(answer, number), identifier=f"what raised the score, {number}"
        ),
        referenced_region=ImageRegion(
            GraphicTypeValues.POLYLINE, outline, SourceImageForRegion(**_reference(answer, source))
        ),
        finding_type=concept(codes.EVIDENCE),
        algorithm_id=_algorithm(answer),
        finding_sites=_sites(answer, source),
        qualitative_evaluations=[
            QualitativeEvaluation(concept(codes.DECISION), concept(codes.DECISIONS[answer.decision]))
        ],
    )


def _reference(answer: ScanAnswer, source: SourceImage) -> dict[str, Any]:
    frames = [answer.frame] if answer.frames > 1 else None
    return {
        "referenced_sop_class_uid": str(source.dataset.SOPClassUID),
        "referenced_sop_instance_uid": source.sop_instance_uid,
        "referenced_frame_numbers": frames,
    }


def _sites(answer: ScanAnswer, source: SourceImage) -> list[Any] | None:
    from highdicom.sr import FindingSite

    site = codes.SITES.get(answer.region or "")
    if site is None:
        return None
    side = codes.SIDES.get(source.laterality)
    return [FindingSite(concept(site), laterality=None if side is None else concept(side))]


def _algorithm(answer: ScanAnswer) -> Any:
    from highdicom.sr import AlgorithmIdentification

    model, identity = answer.model, answer.identity
    parameters = [
        f"sha256={identity.model_sha256}",
        f"rule_out={model.rule_out:.6f}",
        f"rule_in={model.rule_in:.6f}",
        f"score={answer.score:.6f}",
        f"pipeline={identity.pipeline_version}",
        f"outlined_share_of_greatest_evidence={SHARE}",
    ]
    if answer.prevalence is not None:
        parameters.append(f"prevalence={answer.prevalence:.6f}")
    return AlgorithmIdentification(
        name=model.name, version=model.version, parameters=parameters, manufacturer=MANUFACTURER
    )
