"""Pictures with the look of radiographs: a limb of bright bones on a dark ground, different for each seed."""

import cv2
import numpy as np


def radiograph(seed, rows=240, columns=200):
    """Give a picture, uint8, whose fine structure no other seed shares."""
    random = np.random.default_rng(seed)
    picture = np.full((rows, columns), 12, np.float32)
    for _ in range(9):
        centre = random.uniform([columns * 0.25, rows * 0.2], [columns * 0.75, rows * 0.8])
        axes = random.uniform([8, 30], [22, 90])
        cv2.ellipse(picture, (centre, axes * 2, random.uniform(0, 180)), float(random.uniform(60, 220)), -1)
    grain = cv2.GaussianBlur(random.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 3.0) * 60
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 2.0) + grain * (picture > 12), 0, 255).astype(np.uint8)


def turned(picture, degrees, fill=0):
    """Turn a picture about its centre as whoever makes copies does: corners are lost, others filled."""
    rows, columns = picture.shape
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(picture, matrix, (columns, rows), borderValue=fill)


def encoded(picture, ending=".png", quality=90):
    """Give the bytes of a PNG or JPEG file."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if ending == ".jpg" else []
    return cv2.imencode(ending, picture, settings)[1].tobytes()
