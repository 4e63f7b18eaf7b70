import json

import pytest

from tests.support.labelled_folder import write_labelled
from tests.support.release import shipped_release
from tests.support.tensorflow import USES_TENSORFLOW, import_tensorflow


@USES_TENSORFLOW[0]
@USES_TENSORFLOW[1]
@pytest.mark.timeout(300)
def test_the_shipped_release_is_tried_in_fewer_bits(tmp_path, capsys):
    import_tensorflow()
    from model.lab.quantisation.trial import main

    data = write_labelled(tmp_path / "data", 12)

    end = main(["--data", str(data), "--out", str(tmp_path / "out"), "--variant", "float16"])

    printed = capsys.readouterr().out
    assert end == 0, printed
    assert printed == (tmp_path / "out/quantised.md").read_text()
    found = json.loads((tmp_path / "out/quantised.json").read_text())
    release = shipped_release()
    assert (found["measured"]["release"], found["measured"]["sha256"]) == (release.label, release.sha256)
    assert found["variants"][0]["change"] < 0.05
    size = (tmp_path / "out/network.float16.tflite").stat().st_size
    assert size < 0.7 * len(release.read(release.network_file))
