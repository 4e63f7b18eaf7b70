import pytest

pytest.importorskip("data_store", reason="the extra `demo` is not installed")

from daemon.demo.files import COPIES, LEG, make_files
from model.errors import Truncated
from model.reading.prepare import prepare


def test_the_files_are_real_scans_and_what_is_made_of_one(tmp_path):
    names = make_files(tmp_path)

    assert len(names) == 12
    assert set(COPIES) < set(names)
    whole, broken = (
        prepare((tmp_path / "leg" / f"{name}.png").read_bytes()).inputs
        for name in ("as-a-picture", "break-drawn-in")
    )
    assert (whole != broken).any()
    assert (whole == prepare((tmp_path / LEG).read_bytes()).inputs).mean() > 0.9
    with pytest.raises(Truncated):
        prepare((tmp_path / "leg" / "cut-short.dcm").read_bytes())
