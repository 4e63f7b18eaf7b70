"""How others see that it works, and how it tries itself."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from daemon.settings.listening import listener
from daemon.settings.types import PartOfHour, Seconds, TimeOrOff, off_is_none


class MonitoringFields(BaseModel, defer_build=True):
    """The settings of `daemon.monitoring` and `daemon.checks`."""

    metrics_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(listener)] = Field(
        None,
        description="Where /metrics, /health and /ready answer: HOST:PORT of this machine or unix:PATH.",
    )
    canary_every_minutes: PartOfHour = Field(
        0, description="How often the daemon drops a synthetic X-ray to try itself; 0: never."
    )
    canary_within_s: Seconds = Field(
        60, description="Time in which that must be answered, or /ready says no."
    )
    drift_at: TimeOrOff = Field(
        time(5, 45),
        description="Local time at which scans are compared with those of the release; off: none.",
    )
    drift_days: Annotated[int, Field(ge=1, le=366)] = Field(
        14, description="Days of scans that are compared."
    )
    drift_bound: float = Field(
        0.2,
        gt=0,
        le=10,
        allow_inf_nan=False,
        description="Population stability index past which something has moved.",
    )
