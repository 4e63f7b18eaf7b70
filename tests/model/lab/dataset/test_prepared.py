import numpy as np
import pytest
from PIL import Image

from model.lab.dataset.examples import DatasetError, read_examples
from model.lab.dataset.prepared import prepare_examples
from model.reading.prepare import prepare
from tests.support.labelled_folder import write_labelled


@pytest.fixture
def folder(tmp_path):
    return write_labelled(tmp_path / "data", 4)


def test_pictures_are_those_that_the_daemon_would_see_and_are_made_once(folder, tmp_path):
    examples = read_examples(folder)
    kept, pictures, refused = prepare_examples(examples, tmp_path / "cache")

    assert [one.sha256 for one in kept] == [one.sha256 for one in examples]
    assert refused == {}
    for example, picture in zip(kept, pictures, strict=True):
        np.testing.assert_array_equal(picture, prepare(example.path.read_bytes()).inputs[0])
    for example in kept:
        example.path.unlink()
    np.testing.assert_array_equal(prepare_examples(examples, tmp_path / "cache")[1], pictures)


def test_what_cannot_be_read_is_counted_by_its_code(folder, tmp_path):
    (folder / "fractured" / "text.png").write_text("no picture")
    kept, pictures, refused = prepare_examples(read_examples(folder), tmp_path / "cache")
    assert (len(kept), len(pictures), refused) == (4, 4, {"unknown_format": 1})


def test_nothing_that_can_be_read_is_an_error(tmp_path):
    for name in ("fractured", "not_fractured"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "a.png").write_text(name)
    with pytest.raises(DatasetError, match="none of the 2 files"):
        prepare_examples(read_examples(tmp_path / "data"), tmp_path / "cache")


def test_a_picture_in_two_encodings_is_one_source_and_must_have_one_label(folder, tmp_path):
    first = min((folder / "fractured").iterdir())
    Image.open(first).save(folder / "fractured" / "again.tif.png", compress_level=1)
    kept, _, _ = prepare_examples(read_examples(folder), tmp_path / "cache")
    assert (len(kept), len({one.source for one in kept})) == (5, 4)

    Image.open(first).save(folder / "not_fractured" / "contrary.png", compress_level=2)
    with pytest.raises(DatasetError, match="contrary labels"):
        prepare_examples(read_examples(folder), tmp_path / "cache")
