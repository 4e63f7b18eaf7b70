import re
from xml.etree import ElementTree as ET

import numpy as np

from model.pictures.outlines import draw_outlines

SVG = "{http://www.w3.org/2000/svg}"


def lines_of(heat_map):
    return list(ET.fromstring(draw_outlines(heat_map)).iter(f"{SVG}polyline"))  # noqa: S314 -- ours


def test_a_region_is_outlined_where_it_lies():
    """Break it: swap rows and columns. The outline then lies beside the fracture."""
    heat_map = np.full((7, 7), -1.0, np.float32)
    heat_map[1, 5] = 4.0
    dark, bright = lines_of(heat_map)
    assert dark.get("points") == bright.get("points")
    points = np.array([[float(one) for one in pair.split(",")] for pair in dark.get("points").split()])
    assert points[:, 0].min() > 4 / 7 * 1000
    assert points[:, 1].max() < 3 / 7 * 1000
    assert (points[0] == points[-1]).all()


def test_a_map_that_raised_nothing_has_no_outline():
    assert lines_of(np.full((7, 7), -1.0, np.float32)) == []


def test_nothing_else_is_in_it():
    content = draw_outlines(np.eye(7, dtype=np.float32)).decode()
    assert not re.search("script|href|style|<!", content)
