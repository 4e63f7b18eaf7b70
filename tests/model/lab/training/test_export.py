"""A release is exported whole, and its two engines agree.

Break it: let `model.lab.training.export._check_agreement` return at once: engines that differ are released.
"""

import json

import numpy as np
import pytest

from model.classifier import open_classifier
from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.decisions.strangeness import read_abstaining
from model.errors import ReleaseError
from model.network_shape import NetworkShape
from model.reading.network_input import PIPELINE_VERSION
from model.regions import REGIONS
from model.release import MANIFEST
from tests.support.references import small_reference
from tests.support.release import shipped_release
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]

SHAPE = shipped_release().shape
PICTURES = np.random.default_rng(0).integers(0, 65536, (3, *(SHAPE.input_size,) * 2), dtype=np.uint16)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global Description, ReleaseFacts, write_release, build_network, load_weights_bytes
    from model.lab.training.export import Description, ReleaseFacts, write_release
    from model.network import build_network, load_weights_bytes


@pytest.fixture(scope="module")
def network():
    built = build_network(SHAPE.head, size=SHAPE.input_size)
    load_weights_bytes(built, shipped_release().read(shipped_release().weights_file))
    return built


@pytest.fixture(scope="module")
def facts():
    release = shipped_release()
    return ReleaseFacts(
        "again", "0.0.1", Thresholds(0.2, 0.8, 3.0), Calibration(1.25, -0.5, 0.5),
        read_abstaining(release.read(release.abstention_file), 1280), PIPELINE_VERSION, {"digest": "d" * 64},
    )  # fmt: skip


def described(_classifier):
    return Description("# the card\n", {"pooled": 0.5, "unknown": None}, small_reference())


@pytest.fixture(scope="module")
def exported(network, facts, tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("out") / "again-0.0.1", network, facts, PICTURES, described)


def test_a_release_is_opened_as_it_was_written(exported, facts):
    assert exported.label == "again@0.0.1"
    assert (exported.thresholds, exported.calibration) == (facts.thresholds, facts.calibration)
    assert exported.pipeline_version == PIPELINE_VERSION


def test_the_export_of_the_same_weights_says_the_same(exported):
    again = open_classifier(exported).classify(PICTURES)
    shipped = open_classifier(shipped_release()).classify(PICTURES)

    for one, other in zip(again, shipped, strict=True):
        assert one.logit == pytest.approx(other.logit, abs=1e-4)
        assert one.distance == pytest.approx(other.distance, abs=1e-3)


def test_what_describes_it_is_in_it_and_was_made_with_what_it_says(network, facts, tmp_path):
    shown = []

    def describe(classifier):
        shown.extend(classifier.classify(PICTURES))
        return described(classifier)

    release = write_release(tmp_path / "described", network, facts, PICTURES, describe)

    assert release.read("MODEL_CARD.md") == b"# the card\n"
    evaluation = json.loads((release.path / MANIFEST).read_text())["evaluation"]
    assert evaluation == {"pooled": 0.5, "unknown": None}
    assert release.reference == small_reference()
    for one, other in zip(shown, open_classifier(release).classify(PICTURES), strict=True):
        assert (one.score, one.decision) == (other.score, other.decision)


def test_a_release_is_never_overwritten(exported, network, facts):
    with pytest.raises(ReleaseError, match="there already"):
        write_release(exported.path, network, facts, PICTURES, described)


def test_engines_that_differ_are_refused(facts, tmp_path):
    release = shipped_release()

    def convert(_):
        return release.read(release.network_file)

    with pytest.raises(ReleaseError, match="differ by more than"):
        write_release(tmp_path / "r", build_network("gap"), facts, PICTURES, described, convert)
    assert not (tmp_path / "r").exists()


def test_a_release_of_another_size_and_head_classifies_pictures_of_its_size(facts, tmp_path):
    network = build_network("place", size=64)
    pictures = np.random.default_rng(1).integers(0, 65536, (2, 64, 64), dtype=np.uint16)

    release = write_release(tmp_path / "small", network, facts, pictures, described)

    assert release.shape == NetworkShape("place", 64, 4, REGIONS)
    for engine in ("litert", "tensorflow"):
        classifier = open_classifier(release, engine)
        (first, _) = classifier.classify(pictures)
        assert first.heat_map.shape == (4, 4)
        with pytest.raises(ValueError, match="64, 64"):
            classifier.classify(PICTURES)
