from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.lab.dataset.examples import read_examples
from model.lab.evaluation.out_of_fold import OutOfFold
from tests.support.labelled_folder import write_labelled
from tests.support.scored import scored

pytest.importorskip("sklearn", reason='needs the extra "train"')


def test_style_alone_tells_bright_pictures_from_dark_ones_in_the_folds_of_the_run(tmp_path):
    from model.lab.audit.style_baseline import style_table

    examples = read_examples(write_labelled(tmp_path, 24))
    table = scored([replace(one, path=Path(one.path.name)) for one in examples], np.zeros(24))
    run = OutOfFold(0, tuple(np.arange(24) % 4), table)

    found = style_table(run, examples)

    labels = np.array([one.label for one in examples])
    assert found.examples == table.examples
    assert found.logits[labels == 1].min() > found.logits[labels == 0].max()
    assert [str(one) for one in found.decisions] == [
        "fractured" if one else "not_fractured" for one in labels
    ]
    np.testing.assert_allclose(1 / (1 + np.exp(-found.logits)), found.scores)
