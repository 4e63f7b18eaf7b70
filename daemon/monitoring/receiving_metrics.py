"""What is measured of `inboxray receive`, for Prometheus: nothing of a patient, and no name of a peer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.monitoring.exposition import Exposition


class Received(Protocol):
    """What was counted since the process began."""

    @property
    def stored(self) -> int:
        """Objects that were answered with success."""

    @property
    def received_bytes(self) -> int:
        """Of all associations."""

    @property
    def refused(self) -> Mapping[str, int]:
        """Objects, by status."""

    @property
    def rejected(self) -> Mapping[str, int]:
        """Connections that became no association, by cause."""

    @property
    def ended(self) -> Mapping[str, int]:
        """Associations, by how they ended."""

    @property
    def opened(self) -> int:
        """Associations."""


class ReceivingMetrics(Exposition, Collector):
    """Read what is known at each scrape.

    Parameters
    ----------
    known : callable
        Returns what was counted.
    waiting : callable
        Returns how many storage commitments are to be reported on.
    """

    def __init__(self, known: Callable[[], Received], waiting: Callable[[], int]) -> None:
        self._known = known
        self._waiting = waiting
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics.

        Yields
        ------
        Metric
        """
        known = self._known()
        yield CounterMetricFamily(
            "inboxray_receive_objects", "Objects that lie in the inbox to stay.", value=known.stored
        )
        yield CounterMetricFamily(
            "inboxray_receive_bytes", "Bytes that came over associations.", value=known.received_bytes
        )
        yield _by(
            "inboxray_receive_refusals", "Objects that were refused, by status.", "status", known.refused
        )
        yield _by(
            "inboxray_receive_rejections",
            "Connections that became no association, by cause.",
            "cause",
            known.rejected,
        )
        yield _by(
            "inboxray_receive_associations_ended", "Associations, by how they ended.", "how", known.ended
        )
        yield GaugeMetricFamily(
            "inboxray_receive_associations_open",
            "Associations that are open.",
            value=known.opened - sum(known.ended.values()),
        )
        yield GaugeMetricFamily(
            "inboxray_receive_commitments_waiting",
            "Storage commitments that are to be reported on.",
            value=self._waiting(),
        )


def _by(name: str, words: str, label: str, numbers: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, words, labels=(label,))
    for value, number in sorted(numbers.items()):
        family.add_metric((value,), number)
    return family
