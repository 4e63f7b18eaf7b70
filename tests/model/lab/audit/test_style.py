import numpy as np
import pytest

from model.errors import ScanError
from model.lab.audit.style import STYLE_FEATURES, style_features
from tests.support.pictures import dicom_bytes
from tests.support.radiographs import encoded, radiograph


def named(content):
    return dict(zip(STYLE_FEATURES, style_features(content), strict=True))


def test_a_path_and_its_bytes_have_the_same_style(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(radiograph(0)))
    assert np.array_equal(style_features(path), style_features(path.read_bytes()))


def test_a_format_and_its_quantisation_show():
    picture = radiograph(0)
    png, fine, coarse = (named(encoded(picture, *how)) for how in ((".png",), (".jpg", 95), (".jpg", 40)))
    assert [one["is_png"] for one in (png, fine, coarse)] == [1, 0, 0]
    assert png["quantisation_luma"] == 0 < fine["quantisation_luma"] < coarse["quantisation_luma"]
    assert named(dicom_bytes(1))["is_dicom"] == 1


def test_intensities_and_an_empty_border_show():
    picture = np.zeros((100, 100), np.uint8)
    picture[25:75, 25:75] = np.random.default_rng(0).integers(100, 255, (50, 50))
    style = named(encoded(picture))
    assert style["black_share"] == pytest.approx(0.75)
    assert style["constant_border_share"] == pytest.approx(0.5)
    assert style["border_mean"] == 0
    assert style["percentile_99"] > style["median"] == 0


def test_turning_by_180_degrees_changes_no_intensity_statistic():
    one, other = (
        style_features(encoded(radiograph(0))),
        style_features(encoded(radiograph(0)[::-1, ::-1].copy())),
    )
    kept = [n for n, name in enumerate(STYLE_FEATURES) if "bytes" not in name]
    assert other[kept] == pytest.approx(one[kept])


def test_a_broken_file_is_an_error():
    with pytest.raises(ScanError):
        style_features(encoded(radiograph(0))[:200])
