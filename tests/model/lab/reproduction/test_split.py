import csv
from pathlib import Path

import pytest

from model.lab.dataset.examples import DatasetError, Example, read_examples
from model.lab.reproduction.split import Leak, leaks, read_public_split, without_copies


def example(name, source, patient):
    return Example(Path(name), name, 1, source, patient, "clinic")


def write_data(folder, rows):
    """Write pictures, of which only the bytes matter here, and a manifest."""
    (folder / "images").mkdir()
    columns = ("file", "label", "seed_split", "seed_path")
    for file, content, *_ in rows:
        (folder / "images" / file).write_bytes(content)
    with (folder / "manifest.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for number, (file, _, label, part) in enumerate(rows):
            writer.writerow((file, label, part, f"{part}/{label}/{number}.png"))
    return folder


@pytest.fixture
def data(tmp_path):
    return write_data(
        tmp_path,
        [
            ("a.png", b"a", "fractured", "train"),
            ("a.png", b"a", "fractured", "train"),
            ("b.png", b"b", "not_fractured", "val"),
            ("same-as-a.png", b"a", "fractured", "test"),
            ("c.png", b"c", "fractured", "test"),
        ],
    )


def test_a_file_counts_as_often_as_it_stands_in_the_public_set(data):
    examples = read_examples(data)
    by_bytes = {example.path.read_bytes(): row for row, example in enumerate(examples)}

    split = read_public_split(data, examples)

    assert split.train == (by_bytes[b"a"],) * 2
    assert split.val == (by_bytes[b"b"],)
    assert split.test == (by_bytes[b"a"], by_bytes[b"c"])
    assert split.missing == 0


def test_a_picture_that_could_not_be_read_is_missing(data):
    examples = [one for one in read_examples(data) if one.path.read_bytes() != b"a"]
    with pytest.raises(DatasetError, match="no train"):
        read_public_split(data, examples)

    write_data_again = [one for one in read_examples(data) if one.path.read_bytes() != b"c"]
    assert read_public_split(data, write_data_again).missing == 1


def test_data_may_name_no_public_split(tmp_path):
    (tmp_path / "manifest.csv").write_text("file,label\na.png,fractured\n")
    assert read_public_split(tmp_path, ()) is None
    assert read_public_split(tmp_path / "folders", ()) is None


def test_an_unknown_part_is_refused(tmp_path):
    (tmp_path / "manifest.csv").write_text("file,label,seed_split\na.png,fractured,holdout\n")
    with pytest.raises(DatasetError, match="train, val, test"):
        read_public_split(tmp_path, ())


def test_leaks_are_counted_by_bytes_by_source_and_by_patient(data):
    examples = (
        example("0", "s0", "p0"),
        example("1", "s0", "p0"),  # a rotated copy of 0
        example("2", "s2", "p0"),  # another picture of that patient
        example("3", "s3", "p3"),
        example("4", "s4", "p4"),
    )
    split = read_public_split(data, read_examples(data))
    split = type(split)(train=(0, 0), val=(4,), test=(0, 0, 1, 2, 3, 4), missing=0)

    in_train, val, in_either = leaks(split, examples)

    assert in_train == Leak("test", "train", 6, same_bytes=2, same_source=3, same_patient=4)
    assert val == Leak("val", "train", 1, 0, 0, 0)
    assert (in_either.same_bytes, in_either.same_source, in_either.same_patient) == (3, 4, 5)
    assert without_copies(split.test, (0, 0, 4), examples) == ((1, 2, 3), (2, 3))
