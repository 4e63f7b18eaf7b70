import pytest

from storage.errors import AmbiguousScan, NoSuchScan
from storage.scan_detail import scan
from tests.support.records import MODEL, classified, failed, prediction, scan_id


@pytest.fixture
def filled(engine, ledger, run_id):
    """Three scans, of which one is a duplicate and answers another again."""
    ledger.record(
        [classified(5), failed(2), classified(6, duplicate_of=scan_id(5), requeued_from=scan_id(2))], run_id
    )
    return engine


def test_a_scan_has_everything_about_it(filled, run_id):
    detail = scan(filled, scan_id(5))

    assert detail.scan["scan_id"] == scan_id(5)
    assert detail.scan["size_bytes"] == 10_240_512
    assert detail.run["id"] == run_id
    assert detail.model is not None
    assert detail.model["name"] == MODEL.name
    assert [frame["frame"] for frame in detail.predictions] == [1]
    assert detail.duplicates == (scan_id(6),)
    assert detail.requeues == ()


def test_a_failed_scan_has_no_model_and_knows_its_requeue(filled):
    detail = scan(filled, scan_id(2))

    assert detail.model is None
    assert detail.predictions == ()
    assert detail.requeues == (scan_id(6),)


def test_frames_come_in_order(engine, ledger, run_id):
    ledger.record([classified(1, frames=12, predictions=tuple(map(prediction, range(12, 0, -1))))], run_id)

    assert [frame["frame"] for frame in scan(engine, scan_id(1)).predictions] == list(range(1, 13))


def test_the_beginning_or_end_of_an_id_will_do(engine, ledger, run_id):
    ids = (
        "01935a7c-0000-7000-8000-aaaaaaaaaaaa",
        "01935a7c-0000-7000-8000-aaaaaaaaaaab",
        "01935a7d" + "-" * 28,
    )
    ledger.record([failed(number, scan_id=key) for number, key in enumerate(ids)], run_id)

    assert scan(engine, ids[0]).scan["scan_id"] == ids[0]
    assert scan(engine, "01935A7D ").scan["scan_id"] == ids[2]
    assert scan(engine, "AAAAAB").scan["scan_id"] == ids[1]
    with pytest.raises(AmbiguousScan) as raised:
        scan(engine, ids[0][:-1])
    assert raised.value.exit_code == 64
    with pytest.raises(NoSuchScan, match="at least 6 digits"):
        scan(engine, "aaab")


@pytest.mark.parametrize(
    "unknown", ["", "ffff", "ffffff", "%", "_", "01935a7c-0000-7000-8000-000000000005x", "Müller^Hans"]
)
def test_an_unknown_id_is_an_error(filled, unknown):
    with pytest.raises(NoSuchScan) as raised:
        scan(filled, unknown)

    assert raised.value.exit_code == 66
    assert "Müller" not in str(raised.value)
