import numpy as np

from model.lab.dataset.views import view_pictures

PICTURES = np.random.default_rng(0).integers(1, 65536, (2, 224, 224), dtype=np.uint16)


def test_the_whole_picture_is_itself():
    assert view_pictures(PICTURES, "whole") is PICTURES


def test_without_its_centre_a_picture_keeps_its_border_alone():
    seen = view_pictures(PICTURES, "no-centre")

    assert (seen[:, 34:190, 34:190] == 0).all()
    assert (seen == 0).sum() == 2 * 156 * 156
    np.testing.assert_array_equal(seen[:, :34], PICTURES[:, :34])


def test_a_reduced_picture_knows_256_numbers():
    seen = view_pictures(PICTURES, "reduced")
    blocks = PICTURES.reshape(2, 16, 14, 16, 14).mean(axis=(2, 4))
    again = seen[:, 7::14, 7::14]

    assert seen.shape == PICTURES.shape
    assert seen.dtype == np.uint16
    assert np.corrcoef(again.ravel(), blocks.ravel())[0, 1] > 0.99
    np.testing.assert_array_equal(seen, view_pictures(PICTURES.copy(), "reduced"))
