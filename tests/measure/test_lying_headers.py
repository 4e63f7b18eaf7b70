"""Every kind of file whose header lies shows the film that it was made of, or is warned of."""

import numpy as np
import pytest

from model.reading.prepare import open_pictures
from tests.measure.lying_headers import LYING, SOUND

MEAN_GREYS = 3  # of 256: losses of the encoding
SHOWN_AS_THE_FILE_SAYS = ("8 bits, window of 12", "12 bits, window of 8")
STRETCHED = ("12-bit DX, no window", "JPEG 2000 of 16 bits, header 12")


def film():
    """Give a bone with noise on dark ground: uint16 of 12 bits, black and white at some pixels."""
    y, x = np.mgrid[0:96, 0:80]
    bone = np.clip(1.1 - np.hypot((x - 40) / 24, (y - 48) / 60), 0, 1)
    noise = np.random.default_rng(6).normal(0, 8, bone.shape)
    made = np.clip(140 + 3300 * bone + noise, 0, 4095)
    made[4:10, 4:10], made[4:10, 70:76] = 0, 4095
    return made.astype(np.uint16)


@pytest.mark.parametrize("kind", [*SOUND, *LYING])
def test_a_file_shows_the_film_or_is_warned_of(kind):
    pictures = open_pictures((SOUND | LYING)[kind](film()))
    shown = next(iter(pictures))

    assert shown.shape == (96, 80)
    difference = np.abs(shown / 65535 - film() / 4095)[2:-2, 2:-2].mean() * 256
    if kind in SHOWN_AS_THE_FILE_SAYS:
        assert "window_misses_picture" in pictures.warnings
    else:
        assert difference < (12 if kind in STRETCHED else MEAN_GREYS)
    assert not pictures.warnings or kind in LYING
