"""The part `peer` measures what it says, against a real Orthanc where there is one."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from http.client import HTTPException

import numpy as np
import psutil
import pydicom
import pytest

from model.classifier import open_classifier
from model.reading.prepare import prepare
from model.release import find_release, open_release
from tests.bench import peer
from tests.bench.mix import SYNTAXES, one_file
from tests.bench.peer_answer import letterbox, show
from tests.bench.report import lines
from tests.bench.senders import NotStoredError, Rest, Store
from tests.support.dicom_files import native
from tests.support.own_network import own_network
from tests.support.radiographs import radiograph
from tests.support.shared import ROOT
from tests.support.waiting import wait_until

ROWS, COLUMNS = 250, 205
ALWAYS_READ = ("native", "rle", "jpeg-baseline")  # by pydicom with NumPy and Pillow alone
MISSING = peer.what_is_missing()

needs_peer = pytest.mark.skipif(MISSING is not None, reason=f"not measured: {MISSING}")


def written(folder, kind, number=1):
    path = folder / f"{kind}-{number}.dcm"
    path.write_bytes(one_file(kind, number, ROWS, COLUMNS)[1])
    return path


@pytest.mark.parametrize("kind", ALWAYS_READ)
def test_the_plugin_sees_the_same_pictures(kind, tmp_path):
    path = written(tmp_path, kind)
    ours = prepare(path.read_bytes()).inputs[0] / 65535
    assert np.abs(letterbox(show(pydicom.dcmread(path)), len(ours)) - ours).max() < 0.01


def test_the_plugin_gives_our_probability_and_a_row_for_what_it_cannot_read(tmp_path):
    path, database = written(tmp_path, "native"), tmp_path / "results.db"
    unreadable = tmp_path / "unreadable.dcm"
    unreadable.write_bytes(b"no DICOM")
    program = "import sys; from tests.bench.peer_answer import answer, begin, make_database as make\n"
    program += "database, *paths = sys.argv[1:]; make(database); begin(database); [*map(answer, paths)]"
    given = [sys.executable, "-c", program, database, path, unreadable]
    subprocess.run(given, check=True, cwd=ROOT, capture_output=True)
    with closing(sqlite3.connect(database)) as answers:
        query = "SELECT sop_instance_uid, probability, error FROM scans ORDER BY seq"
        (uid, probability, no_error), (*nothing, error) = answers.execute(query)
    (ours,) = open_classifier(open_release(find_release())).classify(prepare(path.read_bytes()).inputs)
    assert uid == pydicom.dcmread(path).SOPInstanceUID
    assert probability == pytest.approx(ours.score, abs=0.01)
    assert (no_error, nothing, error) == (None, [None, None], "InvalidDicomError")


def test_what_is_missing_is_said_with_what_to_do(tmp_path, monkeypatch):
    plugin = tmp_path / "plugin.so"
    monkeypatch.setattr(peer, "PLUGIN", plugin)
    monkeypatch.setattr(peer, "ORTHANC", sys.executable)
    missing = peer.what_is_missing()
    assert "apt-get install orthanc orthanc-python" in missing
    plugin.write_bytes(b"\x7fELF\0libpython3.99.so.1.0\0")
    assert "PYTHON=python3.99" in peer.what_is_missing()
    plugin.write_bytes(f"\x7fELF\0libpython3.{sys.version_info.minor}.so.1.0\0".encode())
    assert peer.what_is_missing() is None
    machine = dict.fromkeys(("cores", "processor", "memory_gib", "kernel", "python", "load_at_start"), 1)
    assert f"Orthanc: NOT MEASURED: {missing}" in lines({"machine": machine, "peer": {"missing": missing}})


@needs_peer
@pytest.mark.timeout(480)
def test_a_tiny_comparison_answers_every_file_of_every_contender(tmp_path):
    sizes = {"rounds": 1, "rows": ROWS, "columns": COLUMNS, "peer-files": 6, "connections": 2, "drops": 2}
    sizes |= {"parts": "peer", "kinds": ",".join(ALWAYS_READ), "rest-s": 0, "out": tmp_path}
    options = [f"--{name}={value}" for name, value in sizes.items()]
    program = [sys.executable, "-m", "tests.bench", *options]
    subprocess.run(program, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    found = json.loads((tmp_path / "bench.json").read_text())
    if missing := found["peer"].get("missing"):
        pytest.skip(missing)
    contenders = found["peer"]["contenders"]
    assert contenders.keys() == {"inboxray", "inboxray by C-STORE", "Orthanc by REST", "Orthanc by C-STORE"}
    for figures in contenders.values():
        assert figures["outcomes"] == {"classified": 12 + 6 + 2}
        assert min(figures[one] for one in ("files_per_s", "processor_ms", "peak_mb")) > 0
        assert figures["drops"]["drops"] == 2
    assert len(found["peer"]["times"]) == 3
    assert not any("NOT" in line for line in lines(found))
    assert not (tmp_path / "work").exists()


@needs_peer
@pytest.mark.parametrize("way", [Rest, Store])
def test_what_orthanc_refuses_ends_the_measuring_and_its_pool_ends_with_it(way, tmp_path):
    refused = tmp_path / "refused.dcm"
    refused.write_bytes(native(radiograph(1, ROWS, COLUMNS)))  # of no study
    with own_network(), peer.Orthanc(tmp_path / "orthanc", way, 1, 2) as orthanc:
        orthanc.run([written(tmp_path, kind) for kind in SYNTAXES])
        outcomes = orthanc.outcomes()  # three kinds ask for codecs of the extra `bench`
        assert outcomes["classified"] >= len(ALWAYS_READ)
        assert sum(outcomes.values()) == len(SYNTAXES)
        with pytest.raises(NotStoredError, match=r"refused\.dcm"), orthanc.feed() as send:
            send([refused])
        pool = orthanc.watched[0].children(recursive=True)
        assert len(pool) == 2
        orthanc.process.kill()
        wait_until(lambda: not any(map(psutil.Process.is_running, pool)), what="the pool to end")


@needs_peer
def test_a_pool_that_broke_ends_the_measuring_instead_of_a_wait_for_rows_that_never_come(tmp_path):
    with own_network(), peer.Orthanc(tmp_path / "orthanc", Rest, 1, 2) as orthanc:
        orthanc.watched[0].children()[0].kill()
        # it ends while its answer is read, or while the row is waited for
        with pytest.raises((AssertionError, OSError, HTTPException, NotStoredError)):
            orthanc.run([written(tmp_path, "native")])
        wait_until(lambda: orthanc.process.poll() is not None, what="Orthanc to end")
        assert "an instance gets no row" in orthanc.log.read_text()
