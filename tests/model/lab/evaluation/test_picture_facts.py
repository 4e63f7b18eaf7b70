import csv

import numpy as np
import pytest

from model.lab.dataset.examples import read_examples
from model.lab.evaluation.picture_facts import PictureFacts, in_reading_order, picture_facts, size_class
from tests.support.dicom_files import native
from tests.support.pictures import png_bytes


@pytest.fixture
def data(tmp_path):
    pixels = np.arange(600 * 300, dtype=np.uint16).reshape(600, 300)
    (tmp_path / "a.png").write_bytes(png_bytes(1))
    (tmp_path / "b.dcm").write_bytes(native(pixels, BodyPartExamined="HAND"))
    (tmp_path / "c.dcm").write_bytes(native(pixels + 1, BodyPartExamined="FOOT"))
    (tmp_path / "d.png").write_bytes(b"no picture")
    with (tmp_path / "manifest.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("file", "label", "region", "hardware"))
        rows.writerows([("a.png", "fractured", "wrist", "1"), ("b.dcm", "not_fractured", "", "0")])
        rows.writerows([("c.dcm", "fractured", "forefoot", ""), ("d.png", "fractured", "", "0")])
    return tmp_path


def test_the_manifest_goes_before_the_header_and_neither_is_unknown(data):
    examples = read_examples(data)

    found = {example.path.name: facts for example, facts in zip(
        examples, (picture_facts(examples, data)[example.sha256] for example in examples), strict=True
    )}  # fmt: skip

    assert found == {
        "a.png": PictureFacts("wrist", "up to 128", "seen"),
        "b.dcm": PictureFacts("hand", "up to 1024", "none"),
        "c.dcm": PictureFacts("forefoot", "up to 1024"),
        "d.png": PictureFacts("unknown", "unknown", "none"),
    }


def test_without_a_manifest_headers_tell(data):
    examples = read_examples(data)

    found = picture_facts(examples)

    assert sorted(facts.region for facts in found.values()) == ["foot", "hand", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("longer", "expected"),
    [(1, "up to 128"), (128, "up to 128"), (129, "up to 256"), (1024, "up to 1024"), (1025, "above 1024")],
)
def test_size_classes(longer, expected):
    assert size_class(longer) == expected


def test_groups_are_read_in_their_order():
    names = ["unknown", "up to 1024", "above 1024", "up to 128"]

    assert sorted(names, key=in_reading_order) == ["up to 128", "up to 1024", "above 1024", "unknown"]
