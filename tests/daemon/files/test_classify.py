import os

import imagecodecs
import numpy as np
import pytest

from daemon.decoding.from_settings import open_pool
from daemon.files.classify import classify_files
from daemon.settings.fields import Settings
from model.decisions.calibration import shift_prevalence
from model.reading.network_input import REDUCED
from tests.support.deadlines import scaled
from tests.support.dicom_files import encapsulated
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.stub import StubClassifier


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with open_pool(Settings(spool=tmp_path_factory.mktemp("spool"), decode_workers=2)) as pool:
        yield pool


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Nine pictures and, as the fourth, a text."""
    folder = tmp_path_factory.mktemp("scans")
    for number in range(10):
        data = dicom_bytes(number) if number % 2 else png_bytes(number)
        (folder / f"{number}").write_bytes(b"no picture" if number == 3 else data)
    return [os.fsencode(path) for path in sorted(folder.iterdir())]


def answers(paths, pool, classifier, **arguments):
    return list(classify_files(paths, pool, classifier, batch_size=3, **arguments))


def test_answers_come_in_the_order_of_files_and_the_network_sees_batches(paths, pool):
    classifier = StubClassifier()
    found = answers(paths, pool, classifier)
    assert [one.path for one in found] == paths
    assert [one.answer.outcome for one in found] == ["classified"] * 3 + ["failed"] + ["classified"] * 6
    assert found[3].answer.error_code == "unknown_format"
    assert sum(classifier.seen) == 9
    assert max(classifier.seen) == 3


def test_an_answer_does_not_depend_on_its_batch(paths, pool):
    together = answers(paths, pool, StubClassifier())
    alone = [answers([path], pool, StubClassifier())[0] for path in paths]
    assert alone == together


def test_a_large_jpeg_2000_frame_is_decoded_at_half_unless_that_is_off(tmp_path):
    """Break it: forget the setting on its way to the child. And nobody is warned of what is no oddity."""
    pixels = np.full((2020, 300), 2048, np.uint16)
    pixels[500:1500, 100:200] = 1024
    frame = imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", bitspersample=12, reversible=True, level=0)
    path = tmp_path / "large.dcm"
    path.write_bytes(encapsulated(pixels, [frame], "1.2.840.10008.1.2.4.90", BitsStored=12, HighBit=11))
    signs = {}
    for may in (True, False):
        settings = Settings(spool=tmp_path, decode_workers=1, half_size_jpeg_2000=may)
        with open_pool(settings) as children:
            signs[may] = children.decode(bytes(path)).result(scaled(60)).warnings
            assert answers([bytes(path)], children, StubClassifier())[0].warnings == ()
    assert signs == {True: (REDUCED,), False: ()}


def test_the_prevalence_shifts_what_is_reported_and_not_the_decision(paths, pool):
    (plain,) = answers(paths[:1], pool, StubClassifier())
    (shifted,) = answers(paths[:1], pool, StubClassifier(), prevalence=0.1)
    (one,), (other,) = plain.answer.predictions, shifted.answer.predictions
    assert other.probability == pytest.approx(shift_prevalence(one.probability, 0.5, 0.1))
    assert other.probability < one.probability
    assert (other.score, other.decision) == (one.score, one.decision)


@pytest.mark.parametrize("classifier", [StubClassifier(nan_above=-1.0), StubClassifier(broken=True)])
def test_an_output_that_is_no_number_or_has_the_wrong_shape_is_never_a_label(classifier, paths, pool):
    found = answers(paths[:2], pool, classifier)
    assert [(one.answer.outcome, one.answer.error_code) for one in found] == [
        ("failed", "bad_network_output")
    ] * 2


def test_a_link_that_is_named_stands_for_its_file(paths, pool, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(os.fsdecode(paths[0]))
    (found,) = answers([os.fsencode(link)], pool, StubClassifier())
    assert (found.path, found.answer.outcome) == (os.fsencode(link), "classified")
