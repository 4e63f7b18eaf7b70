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
from model.drift.appearance import measure_picture
from model.drift.reference import make_reference
from model.errors import ReleaseError
from model.reading.network_input import PIPELINE_VERSION
from model.release import MANIFEST, open_release
from tests.support.release import shipped_release
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(300)]
import_tensorflow()

from model.lab.training.export import ReleaseFacts, complete_release, write_release  # noqa: E402 # needs TensorFlow
from model.network import build_network, load_weights_bytes  # noqa: E402 # needs TensorFlow

PICTURES = np.random.default_rng(0).integers(0, 65536, (3, 224, 224), dtype=np.uint16)


@pytest.fixture(scope="module")
def network():
    built = build_network("gap")
    load_weights_bytes(built, shipped_release().read(shipped_release().weights_file))
    return built


@pytest.fixture(scope="module")
def facts():
    release = shipped_release()
    return ReleaseFacts(
        "again", "0.0.1", Thresholds(0.2, 0.8, 3.0), Calibration(1.25, -0.5, 0.5),
        read_abstaining(release.read(release.abstention_file), 1280), PIPELINE_VERSION, {"digest": "d" * 64},
    )  # fmt: skip


@pytest.fixture(scope="module")
def exported(network, facts, tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("out") / "again-0.0.1", network, facts, PICTURES)


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


def test_the_card_completes_it_and_changes_its_identity(exported):
    before = exported.sha256

    seen = [measure_picture(np.full((1, 224, 224), level, np.uint16)) for level in (0, 40000)]
    reference = make_reference(["not_fractured", "fractured"], ["uncertain"] * 2, [0.4, 0.6], seen)

    completed = complete_release(exported, "# the card\n", {"pooled": 0.5, "unknown": None}, reference)

    assert completed.sha256 != before
    assert completed.read("MODEL_CARD.md") == b"# the card\n"
    assert json.loads((completed.path / MANIFEST).read_text())["evaluation"] == {
        "pooled": 0.5,
        "unknown": None,
    }
    assert completed.reference == reference
    assert open_release(completed.path) == completed


def test_a_release_is_never_overwritten(exported, network, facts):
    with pytest.raises(ReleaseError, match="there already"):
        write_release(exported.path, network, facts, PICTURES)


def test_engines_that_differ_are_refused(facts, tmp_path):
    release = shipped_release()

    def convert(_):
        return release.read(release.network_file)

    with pytest.raises(ReleaseError, match="differ by more than"):
        write_release(tmp_path / "r", build_network("gap"), facts, PICTURES, convert)
