from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daemon.spool.folders import Spool
from storage.engine import open_engine
from storage.queries import results
from storage.urls import sqlite_url
from tests.support.daemons import inboxray
from tests.support.pictures import drop


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A spool in which a leg, noise and a broken file were answered; and their rows by name."""
    pydicom_data = pytest.importorskip("data_store", reason="the package `pydicom-data` is not installed")
    spool = Spool(tmp_path_factory.mktemp("answered") / "spool")
    leg = Path(pydicom_data.__file__).parent / "data" / "RG3_UNCR.dcm"
    drop(spool.inbox / "ward" / "leg.dcm", leg.read_bytes())
    noise = np.random.default_rng(0).integers(0, 256, (90, 60), dtype=np.uint8)
    Image.fromarray(noise).save(spool.inbox / "noise.png")
    drop(spool.inbox / "broken.png", b"nothing")
    assert inboxray(spool.root, "once", incomplete_wait_s=0.1).returncode == 0
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    rows = {row["source_name"]: row for row in results(engine)}
    engine.dispose()
    return spool, rows


def test_maps_are_drawn_from_the_rows_abstained_ones_too(answered, tmp_path, call):
    spool, rows = answered
    asked = (rows["ward/leg.dcm"]["scan_id"][-6:], "noise.png")
    end = call(spool.root, "heatmap", *asked, "--out", str(tmp_path / "maps"))
    assert end.returncode == 0, end.stderr
    drawn = [Path(line) for line in end.stdout.splitlines()]
    names = [("leg.dcm", "ward/leg.dcm"), ("noise.png", "noise.png")]
    ends = [(name, rows[source]["scan_id"][-12:]) for name, source in names]
    assert [path.name for path in drawn] == [f"{name}-{end}-heatmap.png" for name, end in ends]
    assert rows["noise.png"]["decision"] == "abstained"
    for path, row in zip(drawn, (rows["ward/leg.dcm"], rows["noise.png"]), strict=True):
        with Image.open(path) as picture:
            assert picture.mode == "RGB"
            assert picture.width >= row["columns"]
            assert picture.height > row["rows"]
    assert "2 heat maps drawn" in end.stderr


def test_what_cannot_be_drawn_says_why_and_the_others_are_drawn(answered, tmp_path, call):
    spool, _ = answered
    end = call(spool.root, "heatmap", "broken.png", "leg.dcm", "--out", str(tmp_path / "maps"))
    assert end.returncode == 65
    assert "has no heat map: it was failed (unknown_format)" in end.stderr
    assert len(end.stdout.splitlines()) == len(list((tmp_path / "maps").iterdir())) == 1
