"""A release's own input size, map size and regions go from the file to the row.

Break it: let the service open its pool without the release's size, or leave the region out of a row.
"""

import json

import numpy as np
import pytest

from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.decisions.strangeness import read_abstaining
from model.reading.network_input import PIPELINE_VERSION
from model.regions import REGIONS
from storage.engine import open_engine
from storage.schema import PREDICTIONS, SCANS
from storage.urls import sqlite_url
from tests.support.daemons import inboxray
from tests.support.pictures import dicom_bytes, png_bytes
from tests.support.references import small_reference
from tests.support.release import shipped_release
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = [*USES_TENSORFLOW, pytest.mark.timeout(240)]


SIZE, CELLS = 64, 4


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    from model.lab.training.export import Description, ReleaseFacts, write_release
    from model.network import build_network

    shipped = shipped_release()
    facts = ReleaseFacts(
        "small", "0.0.1", Thresholds(0.2, 0.8, 1e9), Calibration(1.0, 0.0, 0.5),
        read_abstaining(shipped.read(shipped.abstention_file), 1280), PIPELINE_VERSION, {"digest": "d" * 64},
    )  # fmt: skip
    pictures = np.random.default_rng(1).integers(0, 65536, (2, SIZE, SIZE), dtype=np.uint16)
    return write_release(
        tmp_path_factory.mktemp("releases") / "small-0.0.1",
        build_network("place", size=SIZE),
        facts,
        pictures,
        lambda _: Description("# the card\n", {}, small_reference()),
    )


def test_the_daemon_prepares_for_it_and_records_its_maps_and_regions(release, tmp_path):
    spool = tmp_path / "spool"
    (spool / "inbox").mkdir(parents=True)
    (spool / "inbox" / "a.png").write_bytes(png_bytes(1))
    (spool / "inbox" / "b.dcm").write_bytes(dicom_bytes(2, BodyPartExamined="HAND"))

    ended = inboxray(spool, "once", model=release.path, timeout=110)

    assert ended.returncode == 0, ended.stderr
    engine = open_engine(sqlite_url(spool / "results.db"), readonly=True)
    with engine.connect() as connection:
        scans = connection.execute(SCANS.select()).all()
        predictions = connection.execute(PREDICTIONS.select()).all()
    engine.dispose()
    assert [scan.outcome for scan in scans] == ["classified"] * 2
    assert {len(one.heat_map) for one in predictions} == {4 * CELLS * CELLS}
    assert {one.region for one in predictions} <= set(REGIONS)
    regions = {scan.source_name: scan.region for scan in scans}
    assert set(regions.values()) <= set(REGIONS)
    is_other = regions["b.dcm"] in {"leg", "hip", "shoulder"}
    warned = {scan.source_name for scan in scans if "region_contradicts" in scan.warnings}
    assert warned == ({"b.dcm"} if is_other else set())

    shown = json.loads(inboxray(spool, "explain", scans[0].scan_id, "--json", model=release.path).stdout)
    assert shown["answer"]["region"] == scans[0].region
    assert [len(row) for row in shown["frames"][0]["heat_map"]] == [CELLS] * CELLS


def test_classify_prepares_for_it_and_draws_its_map(release, tmp_path):
    (tmp_path / "a.png").write_bytes(png_bytes(1))
    ended = inboxray(
        tmp_path / "none", "classify", tmp_path / "a.png", "--heatmap", tmp_path / "maps", model=release.path
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "maps").rglob("*.png"))) == 1
