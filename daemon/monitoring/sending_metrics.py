"""What is measured of `inboxray send`, for Prometheus: by destination, nothing of a patient."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.monitoring.exposition import Exposition


@dataclass(frozen=True, slots=True)
class Sent:
    """What is known of one destination when Prometheus asks.

    Parameters
    ----------
    objects : mapping of str to int
        That lie in the outbox, by state.
    oldest_s : float
        Age of the oldest that waits, seconds; 0: none does.
    attempts : int
        Tries in a row that the peer failed; 0: it works.
    answers : mapping of str to int
        Since the process began: objects stored, confirmed, unconfirmed, refused.
    failures : mapping of str to int
        Since then, by the step that failed.
    """

    objects: Mapping[str, int]
    oldest_s: float
    attempts: int
    answers: Mapping[str, int]
    failures: Mapping[str, int]


class SendingMetrics(Exposition, Collector):
    """Read what is known at each scrape.

    Parameters
    ----------
    known : callable
        Returns what is known, by the address of the destination.
    is_paused : callable
        Returns whether nothing new is made to be sent.
    """

    def __init__(self, known: Callable[[], Mapping[str, Sent]], is_paused: Callable[[], bool]) -> None:
        self._known = known
        self._is_paused = is_paused
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics.

        Yields
        ------
        Metric
        """
        objects = GaugeMetricFamily(
            "inboxray_outbox_objects", "Objects in the outbox, by state.", labels=("destination", "state")
        )
        oldest = GaugeMetricFamily(
            "inboxray_outbox_oldest_seconds", "Age of the oldest object that waits.", labels=("destination",)
        )
        attempts = GaugeMetricFamily(
            "inboxray_send_failing_attempts",
            "Tries in a row that the peer failed; 0: it works.",
            labels=("destination",),
        )
        answers = CounterMetricFamily(
            "inboxray_send_objects",
            "Objects that were stored, confirmed, unconfirmed or refused.",
            labels=("destination", "answer"),
        )
        failures = CounterMetricFamily(
            "inboxray_send_failures",
            "Failures, by the step at which they came.",
            labels=("destination", "step"),
        )
        for address, sent in self._known().items():
            for state, number in sent.objects.items():
                objects.add_metric((address, state), number)
            oldest.add_metric((address,), sent.oldest_s)
            attempts.add_metric((address,), sent.attempts)
            for answer, number in sent.answers.items():
                answers.add_metric((address, answer), number)
            for step, number in sent.failures.items():
                failures.add_metric((address, step), number)
        yield from (objects, oldest, attempts, answers, failures)
        yield GaugeMetricFamily(
            "inboxray_send_paused",
            "1 while nothing new is made to be sent: the disk is too full, or the database is away.",
            value=float(self._is_paused()),
        )
