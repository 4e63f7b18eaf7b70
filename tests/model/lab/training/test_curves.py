import json

import numpy as np
from PIL import Image

from model.lab.training.curves import draw_curves


def write_validations(folder, losses):
    folder.mkdir()
    validations = [
        {"step": 10 * n, "train_loss": loss, "val_loss": None, "val_auroc": 0.5, "best": True}
        for n, loss in enumerate(losses)
    ]
    (folder / "validations.json").write_text(json.dumps(validations))
    return folder / "validations.json"


def drawn(path, validations):
    draw_curves(path, validations)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def test_curves_are_drawn_and_a_gap_is_no_error(tmp_path):
    first = write_validations(tmp_path / "fold-0", [None, 0.7, 0.5])
    second = write_validations(tmp_path / "fold-1", [None, 0.6, 0.1])

    one, both = drawn(tmp_path / "a.png", [first]), drawn(tmp_path / "b.png", [first, second])

    assert one.shape[1] == 1100
    assert (one != both).any()


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert drawn(tmp_path / "a.png", []).size
