import json

import numpy as np
import pytest
from PIL import Image

from model.lab.dataset.examples import read_examples
from model.lab.evaluation.out_of_fold import OutOfFold, write_out_of_fold
from tests.support.labelled_folder import write_labelled
from tests.support.scored import scored


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_labelled(tmp_path_factory.mktemp("labelled") / "data", 12)


def test_the_released_model_is_measured_on_a_folder(data, tmp_path, call):
    pytest.importorskip("matplotlib", reason='needs the extra "train"')

    end = call(
        tmp_path, "model", "evaluate", str(data), "--out", str(tmp_path / "out"), "--draws", "100", "--json"
    )

    assert end.returncode == 0, end.stderr
    found = json.loads(end.stdout)
    assert found == json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert found["subject"].startswith("inboxray-")
    assert found["assessment"]["groups"][0]["sources"] == 12
    assert (tmp_path / "out" / "evaluation.md").is_file()
    assert "the report is in" in end.stderr


def test_a_table_says_what_was_measured(data, tmp_path, call):
    end = call(tmp_path, "model", "evaluate", str(data), "--draws", "100")

    assert end.returncode == 0, end.stderr
    for words in ("AUROC within provenance", "Balanced accuracy at 0.5", "Calibration slope", " to "):
        assert words in end.stdout
    assert "caution: Patients are not known" in end.stderr


def test_predictions_of_a_cross_validation(data, tmp_path, call):
    examples = read_examples(data)
    logits = [3.0 * example.label - 1.0 for example in examples]
    write_out_of_fold(tmp_path / "a.csv", [OutOfFold(0, tuple(range(12)), scored(examples, logits))])
    write_out_of_fold(tmp_path / "b.csv", [OutOfFold(0, tuple(range(12)), scored(examples, logits[::-1]))])
    arguments = ["model", "evaluate", str(data), "--out-of-fold", str(tmp_path / "a.csv"), "--draws", "100"]

    end = call(tmp_path, *arguments, "--compare", str(tmp_path / "b.csv"))

    assert end.returncode == 0, end.stderr
    assert "less b.csv: AUROC, pooled" in end.stdout
    assert "1.000 (1.000 to 1.000)" in end.stdout
    assert call(tmp_path, *arguments, "--model", str(tmp_path)).returncode == 64
    no_networks = call(tmp_path, *arguments, "--changes")
    assert no_networks.returncode == 65
    assert "leave the run's folder as `model train` wrote it" in no_networks.stderr


@pytest.mark.parametrize("option", [(), ("--model",), ("--compare",), ("--out-of-fold",)])
def test_what_is_not_there_is_66(data, tmp_path, call, option):
    absent = str(tmp_path / "no")
    arguments = [str(data), *option, absent] if option else [absent]

    end = call(tmp_path, "model", "evaluate", *arguments)

    assert end.returncode == 66
    assert absent in end.stderr


def test_pictures_of_one_class_are_65(data, tmp_path, call):
    (tmp_path / "fractured").mkdir()
    (tmp_path / "fractured" / "a.png").write_bytes(next((data / "fractured").iterdir()).read_bytes())

    end = call(tmp_path, "model", "evaluate", str(tmp_path))

    assert end.returncode == 65
    assert "both classes" in end.stderr


def test_strangers_are_told_by_their_kinds(data, tmp_path, call):
    grey = np.full((300, 200), 30000, np.uint16)
    for kind in ("grey", "black"):
        (tmp_path / "strange" / kind).mkdir(parents=True)
    Image.fromarray(grey).save(tmp_path / "strange/grey/one.png")
    Image.fromarray(grey * 0).save(tmp_path / "strange/black/one.png")
    (tmp_path / "strange/black/notes.txt").write_text("no picture")

    end = call(
        tmp_path, "model", "evaluate", str(data), "--strangers", str(tmp_path / "strange"),
        "--draws", "100", "--json",
    )  # fmt: skip

    assert end.returncode == 0, end.stderr
    met = {one["kind"]: one for one in json.loads(end.stdout)["strangers"]}
    assert {kind: (one["pictures"], one["refused"]) for kind, one in met.items()} == {
        "black": (1, 1),
        "grey": (1, 0),
    }
    assert met["grey"]["decisions"] == {"abstained": 1}


def test_strangers_are_wanted_by_kind(data, tmp_path, call):
    (tmp_path / "strange").mkdir()

    end = call(tmp_path, "model", "evaluate", str(data), "--strangers", str(tmp_path / "strange"))

    assert end.returncode == 65
    assert "one sub-folder a kind" in end.stderr
    beside = call(
        tmp_path, "model", "evaluate", str(data), "--strangers", str(tmp_path), "--out-of-fold", str(data)
    )
    assert beside.returncode == 64
