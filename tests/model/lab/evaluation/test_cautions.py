from dataclasses import replace

from model.lab.evaluation.cautions import cautions_of
from tests.support.scored import example


def test_files_of_one_patient_each_are_cautioned_and_two_of_one_are_known():
    """As a folder without a manifest is read: every hash is a source and a patient of its own."""
    lone = [replace(one, source=one.sha256, patient=one.sha256) for one in (example("a", 0), example("b", 1))]
    (caution,) = cautions_of(lone)

    assert caution.startswith("Patients are not known")
    assert cautions_of([lone[0], replace(lone[1], patient=lone[0].patient)]) == ()
