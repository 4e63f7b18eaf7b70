from dataclasses import replace

import pytest

from daemon.cli.named_scans import named_scans
from daemon.settings.sources import load_settings
from storage.errors import NoSuchScan
from tests.support.recorded import fill
from tests.support.records import failed, scan_id


def settings_of(spool):
    return load_settings(overrides={"spool": spool})


@pytest.fixture
def settings(recorded):
    return settings_of(recorded)


def ids(details):
    return [detail.scan["scan_id"] for detail in details]


def test_scans_come_in_the_order_in_which_they_were_named_each_once(settings):
    assert ids(named_scans(settings, ["ward/3.dcm", scan_id(1), scan_id(3)])) == [scan_id(3), scan_id(1)]


def test_one_that_is_not_found_is_an_error_with_its_place_and_without_its_name(settings):
    with pytest.raises(NoSuchScan, match=r"SCAN 2 of 2: .*\nnothing was done") as raised:
        named_scans(settings, [scan_id(1), "Hans"])
    assert "Hans" not in str(raised.value)


def test_of_several_with_a_name_the_others_are_named(tmp_path, capsys):
    same = [replace(failed(n), source_name="leg.dcm", stored_path=f"failed/{n}.dcm") for n in (1, 2)]
    spool = fill(tmp_path / "spool", same)
    assert ids(named_scans(settings_of(spool), ["leg.dcm"])) == [scan_id(2)]
    assert f"the latest is taken, not: {scan_id(1)}" in capsys.readouterr().err
