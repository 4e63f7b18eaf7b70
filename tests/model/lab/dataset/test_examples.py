import csv
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.lab.dataset.examples import DatasetError, Example, digest, read_examples, without_sources
from model.lab.dataset.prepared import prepare_examples
from model.lab.dataset.votes import balanced_votes, source_votes
from model.reading.prepare import prepare
from tests.support.shared import SHARED, needs_shared


def write_picture(path, number):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(number).integers(0, 256, (40, 30), dtype=np.uint8)
    Image.fromarray(values).save(path)
    return path


def write_manifest(folder, rows):
    with (folder / "manifest.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folders(tmp_path):
    for number in range(4):
        label = "fractured" if number % 2 else "not_fractured"
        write_picture(tmp_path / label / f"{number}.png", number)
    return tmp_path


def test_folders_of_classes(folders):
    examples = read_examples(folders)

    assert Counter({0: 2, 1: 2}) == Counter(example.label for example in examples)
    assert sorted(example.sha256 for example in examples) == [example.sha256 for example in examples]
    assert all(example.source == example.patient == example.sha256 for example in examples)


def test_copies_in_folders_are_one(folders):
    shutil.copy(folders / "fractured" / "1.png", folders / "fractured" / "copy.png")

    assert len(read_examples(folders)) == 4


def test_one_picture_with_both_labels_is_refused(folders):
    shutil.copy(folders / "fractured" / "1.png", folders / "not_fractured" / "patient-name.png")

    with pytest.raises(DatasetError, match="both labels") as caught:
        read_examples(folders)
    assert "patient-name" not in str(caught.value)


def test_one_class_is_not_enough(folders):
    shutil.rmtree(folders / "fractured")

    with pytest.raises(DatasetError, match="both classes"):
        read_examples(folders)


def test_a_folder_that_is_no_class_is_refused_and_not_left_out(folders):
    (folders / "unsure").mkdir()
    (folders / "unsure" / "5.png").write_bytes((folders / "fractured" / "1.png").read_bytes())

    with pytest.raises(DatasetError, match=r"unsure .* is no class"):
        read_examples(folders)


def test_folders_may_be_named_as_people_do(folders):
    expected = read_examples(folders)
    (folders / "fractured").rename(folders / "Fracture")
    (folders / "not_fractured").rename(folders / "Normal")

    assert [(one.sha256, one.label) for one in read_examples(folders)] == [
        (one.sha256, one.label) for one in expected
    ]


def test_a_folder_of_nothing_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=f"neither a manifest.*in {tmp_path}"):
        read_examples(tmp_path)


def test_a_manifest_tells_sources_patients_and_provenance(tmp_path):
    rows = []
    for number in range(3):
        write_picture(tmp_path / "images" / f"{number}.png", number)
        rows.append(
            {
                "file": f"{number}.png",
                "label": "fractured" if number else "not_fractured",
                "source_group": f"s{number // 2}",
                "patient_group": "p",
                "provenance": "clinic",
            }
        )
    write_manifest(tmp_path, [*rows, rows[0]])

    examples = read_examples(tmp_path)

    assert sorted(("s0", 0) if n == 0 else (f"s{n // 2}", 1) for n in range(3)) == sorted(
        (example.source, example.label) for example in examples
    )
    assert {("p", "clinic")} == {(example.patient, example.provenance) for example in examples}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"file": "0.png"}, "no column label"),
        ({"file": "0.png", "label": "broken"}, "a label that is neither"),
        ({"file": "absent.png", "label": "fractured"}, "cannot be read"),
    ],
)
def test_a_manifest_that_cannot_be_used_says_why(tmp_path, row, words):
    write_picture(tmp_path / "0.png", 0)
    write_manifest(tmp_path, [row])

    with pytest.raises(DatasetError, match=words):
        read_examples(tmp_path)


def test_the_digest_depends_on_labels_and_not_on_order(folders):
    examples = read_examples(folders)
    changed = (
        Example(examples[0].path, examples[0].sha256, 1 - examples[0].label, "", "", ""),
        *examples[1:],
    )

    assert digest(examples) == digest(examples[::-1])
    assert digest(examples) != digest(changed)


def test_pictures_are_prepared_as_the_daemon_does_and_kept(folders, tmp_path):
    (folders / "fractured" / "cut.png").write_bytes((folders / "fractured" / "1.png").read_bytes()[:-20])
    examples = read_examples(folders)

    kept, inputs, refused = prepare_examples(examples, tmp_path / "cache")
    for path in folders.rglob("*.png"):
        path.unlink()
    again = prepare_examples(kept, tmp_path / "cache")

    assert refused == {"truncated": 1}
    assert len(kept) == 4
    assert kept == again[0]
    np.testing.assert_array_equal(inputs, again[1])
    assert (inputs.dtype, inputs.shape) == (np.uint16, (4, 224, 224))


def test_a_prepared_picture_is_that_of_prepare(folders, tmp_path):
    examples = read_examples(folders)
    _, inputs, _ = prepare_examples(examples, tmp_path / "cache")

    np.testing.assert_array_equal(inputs[0], prepare(examples[0].path.read_bytes()).inputs[0])


def example(number, source, label, provenance):
    return Example(Path("x.png"), f"{number:064x}", label, source, source, provenance)


MIXED = [
    *(example(n, "copied", 1, "web") for n in range(30)),
    *(example(100 + n, f"w{n}", 1, "web") for n in range(20)),
    *(example(200 + n, f"v{n}", 0, "web") for n in range(3)),
    *(example(300 + n, f"c{n}", n % 2, "clinic") for n in range(10)),
]


def test_each_source_has_one_vote():
    votes = Counter()
    for one, vote in zip(MIXED, source_votes(MIXED), strict=True):
        votes[one.source] += vote

    assert votes == {source: pytest.approx(1.0) for source in votes}


def test_balanced_votes_make_labels_even_within_a_provenance():
    cells = Counter()
    for one, weight in zip(MIXED, balanced_votes(MIXED), strict=True):
        cells[one.provenance, one.label] += weight

    assert cells["clinic", 0] == pytest.approx(cells["clinic", 1])
    assert cells["web", 0] == pytest.approx(cells["web", 1])
    assert sum(cells.values()) == pytest.approx(34)


def test_no_picture_weighs_more_than_a_few():
    lone = [*MIXED[30:50], MIXED[50]]

    assert max(balanced_votes(lone)) <= 4.0 * 21 / (20 * 0.525 + 4.0) + 1e-6


@needs_shared
@pytest.mark.shared
def test_the_real_manifest_has_the_sources_that_its_description_counts():
    examples = read_examples(SHARED / "xray")

    assert len({example.source for example in examples}) == 401
    assert len({example.patient for example in examples}) == 355
    assert sum(source_votes(examples)) == pytest.approx(401)


def test_sources_can_be_left_out():
    names = sorted({one.source for one in MIXED})

    kept = without_sources(MIXED, names[:2])

    assert {one.source for one in kept} == set(names[2:])
    assert without_sources(MIXED, ()) == tuple(MIXED)


def test_a_source_that_is_not_there_cannot_be_left_out():
    with pytest.raises(DatasetError, match="no-such-source"):
        without_sources(MIXED, ["no-such-source"])


def manifest_of(folder, **columns):
    """A manifest of six pictures; a column is a list of six values."""
    rows = []
    for number in range(6):
        write_picture(folder / "images" / f"patient-name-{number}.png", number)
        label = "fractured" if number % 2 else "not_fractured"
        row = {name: values[number] for name, values in columns.items()}
        rows.append({"file": f"patient-name-{number}.png", "label": label, **row})
    write_manifest(folder, rows)
    examples = {example.path.name: example for example in read_examples(folder)}
    return [examples[row["file"]] for row in rows]


def test_blocks_are_the_unit_where_a_manifest_has_them(tmp_path):
    examples = manifest_of(tmp_path, patient_group=list("aabbcd"), block=["1", "1", "1", "1", "2", ""])

    assert [one.unit for one in examples] == ["1", "1", "1", "1", "2", "d"]
    assert [one.patient for one in examples] == list("aabbcd")


def test_blocks_that_share_a_patient_are_joined(tmp_path):
    examples = manifest_of(
        tmp_path,
        source_group=["x", "y", "z", "z", "v", "w"],
        patient_group=list("aabcdd"),
        block=["1", "2", "2", "3", "", "4"],
    )

    assert [one.block for one in examples] == ["1", "1", "1", "1", "4", "4"]


def test_a_block_is_no_patient_of_the_same_name(tmp_path):
    examples = manifest_of(tmp_path, patient_group=list("123456"), block=["2", "", "", "", "", ""])

    assert examples[0].block == "2"
    assert [one.block for one in examples[1:]] == [""] * 5


def test_the_column_picture_names_copies(tmp_path):
    examples = manifest_of(tmp_path, picture=list("abcadb"), region=["hand"] * 6)

    assert examples[0].source == examples[3].source == "a"
    assert examples[1].patient == examples[5].patient
    assert all(one.annotations.region == "hand" for one in examples)


def test_a_value_that_a_column_does_not_take_is_named_by_its_line(tmp_path):
    with pytest.raises(DatasetError, match=r"line 4 .* column hardware") as caught:
        manifest_of(tmp_path, hardware=["0", "1", "perhaps", "", "0", "1"])

    assert "patient-name" not in str(caught.value)


def test_files_with_the_same_bytes_join_the_patients_that_their_rows_name(tmp_path):
    rows = [
        {"file": f"{number}.png", "label": label, "patient_group": patient}
        for number, label, patient in [
            (0, "fractured", "a"),
            (1, "fractured", "b"),
            (2, "fractured", "b"),
            (3, "not_fractured", "c"),
        ]
    ]
    for number in (0, 2, 3):
        write_picture(tmp_path / "images" / f"{number}.png", number)
    shutil.copy(tmp_path / "images" / "0.png", tmp_path / "images" / "1.png")
    write_manifest(tmp_path, rows)

    patients = [example.patient for example in read_examples(tmp_path)]

    assert sorted(patients) == ["a", "a", "c"]


@needs_shared
def test_a_whole_collection_is_read_with_all_that_is_known_of_it():
    examples = read_examples(SHARED / "fracatlas")

    assert Counter({0: 2249, 1: 559}) == Counter(one.label for one in examples)  # 64 files are in it twice
    assert {"mixed", "duplicated", "fractures_only"} == {one.annotations.batch for one in examples}
    assert all(bool(one.annotations.boxes) == bool(one.label) for one in examples)
    assert len({one.unit for one in examples}) <= 61
    assert len({one.source for one in examples}) == 2797
