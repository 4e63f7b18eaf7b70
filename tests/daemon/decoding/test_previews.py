from dataclasses import replace

import numpy as np
import pytest

from daemon.decoding import decode
from daemon.decoding.messages import MOST_PREVIEW_BYTES, Decoded
from daemon.decoding.previews import PreviewMaker
from tests.support.dicom_files import native
from tests.support.limits import LIMITS
from tests.support.opened import by_path
from tests.support.pictures import dicom_bytes, pixels, png_bytes

WITH_PREVIEWS = replace(LIMITS, preview_frames=8)
INPUTS = np.zeros((3, 224, 224), np.uint16)
SPENT = {"read": 0.1, "hash": 0.1, "decode": 9.0}

decode_file = by_path(decode.decode_file)


@pytest.fixture
def decoded(tmp_path):
    """Give what a child makes of bytes."""

    def by(data, limits=WITH_PREVIEWS):
        (tmp_path / "file").write_bytes(data)
        return decode_file(bytes(tmp_path / "file"), limits)

    return by


def is_jpeg(content):
    return content[:3] == b"\xff\xd8\xff" and content[-2:] == b"\xff\xd9"


@pytest.mark.parametrize("data", [dicom_bytes(1), png_bytes(1)])
def test_a_scan_to_classify_comes_with_small_pictures_of_its_frame(decoded, data):
    answer = decoded(data)

    (one,) = answer.previews
    assert is_jpeg(one.preview)
    assert is_jpeg(one.thumbnail)
    assert set(answer.durations) == {"read", "hash", "decode", "preview"}
    assert min(answer.durations.values()) >= 0


def test_the_network_sees_what_it_saw_without_them(decoded):
    with_them, without = decoded(dicom_bytes(1)), decoded(dicom_bytes(1), LIMITS)

    np.testing.assert_array_equal(with_them.inputs, without.inputs)
    assert (without.previews, "preview" in without.durations) == ((), False)


def test_of_many_frames_the_first_have_them(decoded):
    frames = np.stack([pixels(seed) for seed in range(3)])

    assert len(decoded(native(frames)).previews) == 3
    assert len(decoded(native(frames), replace(LIMITS, preview_frames=2)).previews) == 2


@pytest.mark.parametrize("data", [b"", b"hello there", png_bytes(1)[:300], dicom_bytes(1)[:-500]])
def test_a_file_that_fails_has_none(decoded, data):
    answer = decoded(data)

    assert answer.error_code is not None
    assert answer.previews == ()


def test_one_frame_that_fails_takes_those_of_the_others_with_it():
    maker = PreviewMaker(8)
    maker.show(pixels(1))
    failed = Decoded.refused("failed", "bad_pixels", durations=SPENT)

    assert maker.added_to(failed) == failed


def test_none_follows_one_that_is_missing(monkeypatch):
    sizes = iter([10, MOST_PREVIEW_BYTES, 10])
    monkeypatch.setattr("model.pictures.small.small_pictures", lambda _: (b"1" * next(sizes), b"2"))
    maker = PreviewMaker(8)
    for seed in range(3):
        maker.show(pixels(seed))

    assert len(maker.added_to(Decoded(inputs=INPUTS, durations=SPENT)).previews) == 1


def test_want_of_memory_costs_the_pictures_alone(monkeypatch):
    monkeypatch.setattr("model.pictures.small.small_pictures", lambda _: None)
    maker = PreviewMaker(8)
    maker.show(pixels(1))
    answer = Decoded(inputs=INPUTS, durations=SPENT)

    assert maker.added_to(answer) is answer


def test_what_they_took_is_a_stage_of_its_own():
    maker = PreviewMaker(8)
    maker.show(pixels(1))
    durations = maker.added_to(Decoded(inputs=INPUTS, durations=SPENT)).durations

    assert 0 < durations["preview"] < 9
    assert durations["decode"] + durations["preview"] == pytest.approx(9)
