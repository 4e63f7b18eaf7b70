import json
import urllib.error
import urllib.request

import pytest

from daemon.checks.new_devices import NewDevices
from daemon.jobs.history import History
from daemon.monitoring.signs_of_life import SignsOfLife
from daemon.monitoring.systemd import Notifier
from daemon.settings.fields import Settings
from daemon.spool.folders import Spool, create
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.records import classified, failed

STATUS = {"state": "running", "pauses": {}}


@pytest.fixture
def signs_of_life(tmp_path):
    port = free_port()
    settings = Settings(spool=tmp_path, metrics_listen=f"127.0.0.1:{port}", canary_every_minutes=5)
    create(Spool(tmp_path))
    made = SignsOfLife(settings, Notifier.from_environment({}), History(tmp_path / "history.json"))
    with made.monitored(lambda: STATUS):
        yield made, f"http://127.0.0.1:{port}"


def get(address):
    try:
        with urllib.request.urlopen(address, timeout=scaled(10)) as answer:  # noqa: S310 -- of this machine
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.read().decode()


def test_canaries_of_a_batch_are_told_apart_from_its_scans(signs_of_life):
    made, address = signs_of_life
    made.canary.drop()
    made.batch([classified(1), classified(2, is_canary=True), failed(3)], {"classify": 0.1})

    reported = get(address + "/metrics")
    assert 'inboxray_scans_total{code="",outcome="classified"} 1.0' in reported
    assert 'inboxray_canaries_total{code="",outcome="classified"} 1.0' in reported
    assert "inboxray_batch_scans_sum 2.0" in reported
    assert json.loads(get(address + "/ready"))["canary_latency_s"] >= 0


def test_a_batch_of_a_canary_alone_is_no_batch_of_scans(signs_of_life):
    made, address = signs_of_life
    made.batch([failed(1, "out_of_memory", is_canary=True)], {"classify": 0.1})
    assert "inboxray_batch_scans_count 0.0" in get(address + "/metrics")
    assert "canary: out_of_memory" in json.loads(get(address + "/ready"))["reasons"]


def test_a_new_device_is_counted_once_its_first_scans_are_there(signs_of_life):
    made, address = signs_of_life
    rows = [failed(number, "bad_pixels", device="a" * 12) for number in range(20)]
    made.watch_devices(NewDevices(lambda devices, most: dict.fromkeys(devices, rows[:most])))

    made.batch(rows, {})
    made.batch(rows, {})

    assert 'inboxray_new_devices_total{verdict="failing"} 1.0' in get(address + "/metrics")


def test_without_the_setting_there_is_none(tmp_path):
    settings = Settings(spool=tmp_path)
    made = SignsOfLife(settings, Notifier.from_environment({}), History(tmp_path / "history.json"))
    made.batch([classified(1)], {})
    assert made.canary is None
