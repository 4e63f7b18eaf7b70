import pytest
from prometheus_client import CollectorRegistry, Counter

from daemon.monitoring.exposition import Exposition


class Counted(Exposition):
    """One counter, in a registry of its own."""

    def __init__(self):
        self._registry = CollectorRegistry(auto_describe=False)
        Counter("scans", "Scans.", registry=self._registry).inc(3)


@pytest.mark.parametrize(
    ("accept", "kind", "end"),
    [
        ("", "text/plain", b""),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text", b"# EOF\n"),
    ],
)
def test_it_is_written_in_the_format_that_the_scraper_asks_for(accept, kind, end):
    body, content_type = Counted().text(accept)
    assert b"\nscans_total 3.0\n" in body
    assert content_type.startswith(kind)
    assert body.endswith(end)
