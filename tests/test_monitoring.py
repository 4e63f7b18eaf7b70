"""The alerts and the dashboard ask for what the daemon measures, in queries that Prometheus understands."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

from daemon.jobs.history import History
from daemon.monitoring.health import Pulse
from daemon.monitoring.metrics import Metrics
from tests.support.deadlines import scaled

MONITORING = Path(__file__).resolve().parents[1] / "systemd" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
OURS = re.compile(r"\b(?:inboxray|process)_[a-z_]+")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Names of all that a daemon measures, as Prometheus knows them."""
    folder = tmp_path_factory.mktemp("spool")
    body, _ = Metrics(folder, Pulse(), dict, History(folder / "history.json")).text("text/plain")
    names = set()
    for family in parse_text(body.decode()):
        names.add(family.name)
        names |= {f"{family.name}_{suffix}" for suffix in ("total", "bucket", "sum", "count")}
        names |= {sample.name for sample in family.samples}
    return names


def test_every_metric_that_is_asked_for_is_measured(measured):
    asked = {name for query in QUERIES for name in OURS.findall(query)}
    asked |= set(
        OURS.findall("\n".join(re.findall(r"expr:(.*?)(?=\n +for:)", ALERTS.read_text(), re.DOTALL)))
    )
    assert len(asked) > 12
    assert asked - measured == set()


@pytest.fixture
def promtool():
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    return program


def check(promtool, path):
    end = subprocess.run(
        [promtool, "check", "rules", str(path)],
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=False,
    )
    assert end.returncode == 0, end.stdout + end.stderr


def test_prometheus_understands_the_alerts(promtool):
    check(promtool, ALERTS)


def test_prometheus_understands_what_the_dashboard_asks(promtool, tmp_path):
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(QUERIES)]
    path = tmp_path / "dashboard.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML
    check(promtool, path)


def test_grafana_knows_every_field_of_the_dashboard():
    """Grafana's own types drop what they do not know: what comes back is what a Grafana would show."""
    encoder = pytest.importorskip("grafana_foundation_sdk.cog.encoder", reason="comes with the extra `dev`")
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    understood = json.loads(json.dumps(Dashboard.from_json(DASHBOARD), cls=encoder.JSONEncoder))

    assert list(unknown_fields(DASHBOARD, understood)) == []


def unknown_fields(written, understood, path=""):
    if isinstance(written, dict):
        for name, value in written.items():
            if name not in understood:
                yield f"{path}/{name}"
            else:
                yield from unknown_fields(value, understood[name], f"{path}/{name}")
    elif isinstance(written, list):
        for number, (value, other) in enumerate(zip(written, understood, strict=True)):
            yield from unknown_fields(value, other, f"{path}/{number}")
    elif written != understood:
        yield path


def test_the_dashboard_has_what_grafana_needs():
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= DASHBOARD.keys()
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers)) > 8
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(places) == len(set(places))
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
