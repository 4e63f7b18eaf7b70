from model.classifier import open_classifier
from model.reading.eligibility import Eligibility
from model.reading.prepare import prepare
from model.release import find_release, open_release
from model.synthetic.canary import SIDE, canary_file

STRICT = Eligibility(
    modalities=frozenset({"CR"}),
    body_parts=frozenset({"WRIST"}),
    presentation="presentation",
    takes_secondary_captures=False,
    takes_derived=False,
    takes_localizers=False,
)


def test_no_setting_excludes_it():
    prepared = prepare(canary_file("2.25.1"), eligibility=STRICT)
    assert (prepared.header.rows, prepared.header.columns, prepared.warnings) == (SIDE, SIDE, ())


def test_the_picture_is_always_the_same_and_the_bytes_never():
    first, second = canary_file("2.25.1"), canary_file("2.25.2")
    assert first != second
    assert (prepare(first).inputs == prepare(second).inputs).all()


def test_the_release_has_a_score_for_it():
    classifier = open_classifier(open_release(find_release()), "litert", 1)
    (prediction,) = classifier.classify(prepare(canary_file("2.25.1")).inputs)
    assert prediction is not None
    assert 0 < prediction.score < 1
