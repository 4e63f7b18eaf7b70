"""How the service waits, stops, and logs."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from daemon.settings.types import SecondsOrNone, lower


class ServiceFields(BaseModel, defer_build=True):
    """The settings of `daemon.service` and `daemon.logs`."""

    database_wait_s: SecondsOrNone = Field(60, description="How long `once` waits for an absent database.")
    stop_s: SecondsOrNone = Field(30, description="Time to finish what is claimed when asked to stop.")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lower)] = Field(
        "info", description="Least level of a log line."
    )
    log_format: Annotated[Literal["auto", "json", "text"], BeforeValidator(lower)] = Field(
        "auto", description="auto: text on a terminal, else JSON lines."
    )
