import pytest

from model.lab.audit.collection import read_collection
from model.lab.dataset.examples import DatasetError


def place(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_folder_with_class_folders(tmp_path):
    place(tmp_path, "fractured/a.png", "Not fractured/deep/b.png", "fractured/.hidden")
    found = read_collection(tmp_path)
    assert [(one.name, one.label, one.split) for one in found] == [
        ("Not fractured/deep/b.png", "not_fractured", ""),
        ("fractured/a.png", "fractured", ""),
    ]


def test_the_public_layout_gives_splits(tmp_path):
    place(tmp_path, "train/fractured/a.png", "valid/fractured/b.png", "test/not fractured/c.png")
    found = {(one.split, one.label) for one in read_collection(tmp_path)}
    assert found == {("train", "fractured"), ("val", "fractured"), ("test", "not_fractured")}


def test_a_manifest_may_name_a_file_in_several_rows(tmp_path):
    place(tmp_path, "images/a.jpg")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(
        "file,label,provenance,seed_split,seed_path\na.jpg,fractured,web,train,x/1.jpg\na.jpg,fractured,web,test,x/2.jpg\n"
    )
    found = read_collection(manifest)
    assert found == read_collection(tmp_path)
    assert [(one.split, one.name, one.provenance) for one in found] == [
        ("test", "x/2.jpg", "web"),
        ("train", "x/1.jpg", "web"),
    ]
    assert {one.path for one in found} == {tmp_path / "images" / "a.jpg"}


@pytest.mark.parametrize("content", ["label\nfractured\n", "file\na.png\n", "file,label\n", b"\xff\xfe,\x00"])
def test_a_manifest_that_cannot_be_used_is_an_error(tmp_path, content):
    manifest = tmp_path / "manifest.csv"
    manifest.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError):
        read_collection(manifest)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="nothing to audit"):
        read_collection(tmp_path)
