import pytest

from model.lab.dataset.labels import label_of, labelled_files


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Fractured", "fractured"),
        ("fracture", "fractured"),
        ("Not fractured", "not_fractured"),
        ("not-fractured", "not_fractured"),
        (" NOT_FRACTURED ", "not_fractured"),
        ("Normal", "not_fractured"),
        ("No fracture", "not_fractured"),
        ("non-fractured", "not_fractured"),
        ("Spine", "spine"),
    ],
)
def test_labels_are_written_one_way(text, label):
    assert label_of(text) == label


def place(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_files_lie_below_the_folder_of_their_class(tmp_path):
    place(tmp_path, "Fracture/deep/a.png", "Normal/b.png", "Normal/.hidden", ".git/c.png", "beside.txt")

    assert [(one.path.name, one.label, one.split) for one in labelled_files(tmp_path)] == [
        ("a.png", "fractured", ""),
        ("b.png", "not_fractured", ""),
    ]


def test_parts_of_a_published_collection_are_splits(tmp_path):
    place(tmp_path, "Train/fractured/a.png", "valid/normal/b.png", "test/Fractured/c.png")

    assert {(one.split, one.label) for one in labelled_files(tmp_path)} == {
        ("train", "fractured"),
        ("val", "not_fractured"),
        ("test", "fractured"),
    }


def test_what_is_no_folder_holds_nothing(tmp_path):
    assert list(labelled_files(tmp_path / "absent")) == []
