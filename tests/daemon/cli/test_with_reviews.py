import csv
from types import SimpleNamespace

import pytest

from daemon.cli.with_reviews import FOLDER, PROVENANCE
from model.lab.dataset.examples import read_examples
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id


@pytest.fixture
def spool(tmp_path, call):
    """A fracture that is agreed with, one that is not, an unsure review, and one whose file is gone."""
    rows = [*(classified(number) for number in (1, 2, 3, 4)), failed(5)]
    made = fill(tmp_path / "spool", rows)
    for number, verdict in ((1, "--agree"), (2, "--disagree"), (3, "--unsure"), (4, "--agree")):
        assert call(made, "review", scan_id(number), verdict).returncode == 0
    (made / "done/2026-11-23/ward/4.dcm").unlink()
    return made


@pytest.fixture
def data(tmp_path):
    for label in ("Fracture", "Normal"):
        (tmp_path / "data" / label).mkdir(parents=True)
        (tmp_path / "data" / label / "a.png").write_text(label)
    return tmp_path / "data"


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What was to be trained from."""
    given = []

    def start(settings, *_):
        given.append(settings.data)
        return SimpleNamespace(label="a@1", path=tmp_path, release=tmp_path, run=tmp_path)

    monkeypatch.setattr("model.lab.training.build.build", start)
    monkeypatch.setattr("model.lab.training.train.train", start)
    return given


def command(name, data, out, *more):
    base = data.parent / "b.weights.h5"
    base.touch()
    at = [str(data)] if name == "build" else ["--data", str(data)]
    return ("model", name, *at, "--base-weights", str(base), "--out", str(out), *more)


@pytest.mark.parametrize("name", ["build", "train"])
def test_reviewed_scans_are_labelled_pictures_of_a_provenance_of_their_own(
    name, spool, data, tmp_path, call, started
):
    end = call(spool, *command(name, data, tmp_path / "out", "--with-reviews"))
    assert end.returncode == 0, end.stderr
    assert "learning also from 2 reviewed scans" in end.stderr
    assert "left out, for their files are gone or have a name that is no UTF-8: 1 scan" in end.stderr

    assert started == [tmp_path / "out" / FOLDER / "manifest.csv"]
    found = {
        (one.path.name, one.label, one.provenance == PROVENANCE, one.path.is_file())
        for one in read_examples(started[0])
    }
    assert found == {
        ("a.png", 1, False, True),
        ("a.png", 0, False, True),
        ("1.dcm", 1, True, True),
        ("2.dcm", 0, True, True),
    }


def test_without_the_option_the_database_is_not_asked(data, tmp_path, call, started):
    assert call(tmp_path / "no-spool", *command("build", data, tmp_path / "out")).returncode == 0
    assert started == [data]


def test_the_columns_of_a_manifest_stay(spool, data, tmp_path, call, started):
    given = data / "manifest.csv"
    given.write_text(
        "file,label,patient_group,region\nFracture/a.png,Fracture,p1,hand\nNormal/a.png,Normal,p2,\n"
    )
    assert call(spool, *command("train", given, tmp_path / "out", "--with-reviews")).returncode == 0
    with started[0].open(newline="") as stream:
        rows = {row["file"].rpartition("/")[0].rpartition("/")[2]: row for row in csv.DictReader(stream)}
    assert (rows["Fracture"]["patient_group"], rows["Fracture"]["region"]) == ("p1", "hand")
    assert (rows["ward"]["provenance"], rows["ward"]["patient_group"]) == (PROVENANCE, "")


def test_what_has_begun_goes_on_with_the_reviews_of_then(spool, data, tmp_path, call, started):
    """Break it: write the manifest anew. The data have another digest then, and nothing can be resumed."""
    out = tmp_path / "out"
    assert call(spool, *command("train", data, out, "--with-reviews")).returncode == 0
    before = started[0].read_bytes()
    (out / "settings.json").touch()
    assert call(spool, "review", scan_id(1), "--unsure").returncode == 0
    end = call(spool, *command("train", data, out, "--with-reviews", "--resume"))
    assert (end.returncode, started[0].read_bytes()) == (0, before)
    assert "with which this began" in end.stderr


def test_the_published_recipe_takes_none(spool, data, tmp_path, call, started):
    end = call(spool, *command("train", data, tmp_path / "out", "--with-reviews", "--head", "flatten"))
    assert end.returncode == 64
    assert "no use for it" in end.stderr


def test_without_a_database_it_is_66(data, tmp_path, call, started):
    end = call(tmp_path / "none", *command("build", data, tmp_path / "out", "--with-reviews"))
    assert end.returncode == 66
    assert started == []
