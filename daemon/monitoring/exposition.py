"""Metrics as text for a scraper."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


class Exposition:
    """What the metrics of each of our processes have in common: a registry of their own, written on demand.

    References
    ----------
    OpenMetrics 1.0, and Prometheus' text format 0.0.4.
    """

    _registry: CollectorRegistry

    def text(self, accept: str) -> tuple[bytes, str]:
        """Write all metrics in the format that the scraper asks for.

        Parameters
        ----------
        accept : str
            Its header Accept.

        Returns
        -------
        tuple of (bytes, str)
            The body and its content type.
        """
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type
