import os

import pytest

from daemon.decoding.limits import ChildLimits
from daemon.execution.dask.messages import NotPreparedError, Preparation, Probe, Request, versions
from daemon.execution.dask.station import Station
from model.errors import ReleaseError
from model.reading.limits import Limits
from tests.support.pictures import png_bytes
from tests.support.release import shipped_release

RELEASE = shipped_release().sha256
LIMITS = ChildLimits(30, 1, 1 << 30, 1 << 30, Limits())
PREPARED = Preparation(LIMITS, 1000, RELEASE, "litert", 16)


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    folder = tmp_path_factory.mktemp("station")
    made = Station(1, folder / "cache", folder / "scratch")
    made.prepare(PREPARED, None)
    made.prepare(PREPARED, None)  # changes nothing
    yield made
    made.close()


def test_it_says_what_it_is_and_whether_it_sees_the_spool(station, tmp_path):
    probe = tmp_path / "probe"
    probe.write_bytes(b"drawn by chance")
    path = os.fsencode(probe)
    seen = station.facts(Probe(path, b"drawn by chance", RELEASE))
    assert (seen.sees_spool, seen.has_release, seen.versions) == (True, True, versions())
    other = station.facts(Probe(path, b"of another spool", "0" * 64))
    assert (other.sees_spool, other.has_release) == (False, False)
    assert not station.facts(Probe(path + b"x", b"", RELEASE)).sees_spool


def test_bytes_have_the_answer_that_their_path_has_and_are_kept_nowhere(station, tmp_path):
    """Break it: leave the file in scratch. A worker's disk then fills with patients."""
    scan = tmp_path / "scan.png"
    scan.write_bytes(png_bytes(1))
    there = station.answer(Request(PREPARED.digest, os.fsencode(scan)))
    sent = station.answer(Request(PREPARED.digest, None), scan.read_bytes())
    assert there.decoded.sha256 == sent.decoded.sha256
    assert there.predictions[0].logit == sent.predictions[0].logit
    assert list(station._scratch.iterdir()) == []


def test_what_is_no_picture_has_no_prediction(station):
    answer = station.answer(Request(PREPARED.digest, None), b"no picture")
    assert (answer.decoded.error_code, answer.predictions) == ("unknown_format", ())


def test_without_a_preparation_it_says_so(station):
    with pytest.raises(NotPreparedError):
        station.answer(Request("0" * 64, None), b"")


def test_a_release_that_it_did_not_get_cannot_be_prepared(tmp_path):
    station = Station(1, tmp_path / "cache", tmp_path / "scratch")
    with pytest.raises(ReleaseError, match="did not get it"):
        station.prepare(Preparation(LIMITS, 1000, "0" * 64, "litert", 16), None)
