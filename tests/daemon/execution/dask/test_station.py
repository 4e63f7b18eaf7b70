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
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def station(tmp_path_factory, scratch):
    made = Station(1, tmp_path_factory.mktemp("cache"), scratch)
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


def test_bytes_have_the_answer_that_their_path_has_and_are_kept_nowhere(station, scratch, tmp_path):
    """Break it: leave the file in scratch. A worker's disk then fills with patients."""
    scan = tmp_path / "scan.png"
    scan.write_bytes(png_bytes(1))
    there = station.answer(Request(PREPARED.digest, os.fsencode(scan)))
    sent = station.answer(Request(PREPARED.digest, None), scan.read_bytes())
    assert there.decoded.sha256 == sent.decoded.sha256
    assert there.predictions[0].logit == sent.predictions[0].logit
    assert [path for path in scratch.rglob("*") if path.is_file()] == []


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


def test_preparations_of_the_past_are_not_kept_but_for_those_in_use(tmp_path):
    """Break it: keep all. A worker that saw a year of releases holds the children of each."""
    station = Station(1, tmp_path / "cache", tmp_path / "scratch")
    made = [Preparation(LIMITS, number, RELEASE, "litert", 16) for number in range(1, 7)]
    try:
        station.prepare(made[0], None)
        with station._used(made[0].digest):
            for one in made[1:]:
                station.prepare(one, None)
            assert set(station._prepared) == {made[0].digest, *(one.digest for one in made[-3:])}
        with pytest.raises(NotPreparedError):  # and it is asked to prepare itself anew
            station.answer(Request(made[1].digest, None), b"")
    finally:
        station.close()
