import json

import pytest

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.nested import Aims
from model.lab.evaluation.run_files import SETTINGS, fold_folder, read_aims

AIMS = {"sensitivity": 0.9, "specificity": 0.8, "abstain_share": 0.1}


def test_each_fold_of_each_seed_has_a_folder_of_its_own(tmp_path):
    folders = {fold_folder(tmp_path, seed, fold) for seed in (1, 11) for fold in (0, 1)}

    assert len(folders) == 4
    assert all(folder.is_relative_to(tmp_path) for folder in folders)


def test_aims_are_read_among_other_settings(tmp_path):
    (tmp_path / SETTINGS).write_text(json.dumps(AIMS | {"steps": 9}))

    assert read_aims(tmp_path) == Aims(0.9, 0.8, 0.1)


@pytest.mark.parametrize(
    "text", [None, "{", "[]", '{"sensitivity": 0.95}', json.dumps(AIMS | {"specificity": "x"})]
)
def test_settings_without_aims_are_refused(tmp_path, text):
    if text is not None:
        (tmp_path / SETTINGS).write_text(text)

    with pytest.raises(DatasetError, match="lines of the run were drawn for"):
        read_aims(tmp_path)
