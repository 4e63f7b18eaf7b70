"""The settings: each has a name, a type, its unit in its name, a range, and a sentence on what it is for.

`Settings` is a value. It reads no file and no environment; `daemon.config` does, once, and hands it down.
"""

import hashlib
import json
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from model.eligibility import coded

ENV_PREFIX: Final = "INBOXRAY_"

DEFAULT_IGNORE: Final = (
    ".*",
    "*.part",
    "*.tmp",
    "*.crdownload",
    "*.filepart",
    "Thumbs.db",
    "desktop.ini",
    "~$*",
    "lost+found",
    "*.reason.json",
)

_LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")
_SCHEMES: Final = ("sqlite", "postgres", "postgresql")


def _absolute(path: Path) -> Path:
    """Make a path mean the same for as long as the process lives, wherever it works."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        msg = "the home folder behind ~ is not known here; write the path in full"
        raise ValueError(msg) from None


def _patterns(value: Any) -> Any:
    """Take a list, a JSON list, or names between commas (an environment variable is text)."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            msg = "a JSON list, or names between commas, is wanted"
            raise ValueError(msg) from None
    return [pattern.strip() for pattern in text.split(",") if pattern.strip()]


def _off_is_none(value: Any) -> Any:
    """Let `off` switch a clock time off: TOML has no null."""
    return None if isinstance(value, str) and value.strip().lower() in {"", "off"} else value


def _without_zone(value: time | None) -> time | None:
    if value is not None and value.tzinfo is not None:
        msg = "a local time of day without a zone is wanted, such as 02:00, or off"
        raise ValueError(msg)
    return value


def _database_scheme(value: SecretStr | None) -> SecretStr | None:
    if value is None:
        return None
    scheme, found, _ = value.get_secret_value().partition(":")
    if not found or scheme.partition("+")[0] not in _SCHEMES:
        msg = "a URL that begins with sqlite:///, postgresql:// or postgres:// is wanted"
        raise ValueError(msg)
    return value


def _listener(value: str | None) -> str | None:
    """Take a socket of this machine alone: what is measured is nobody else's business."""
    if value is None or value.startswith("unix:/"):
        return value
    host, found, port = value.rpartition(":")
    if not (found and host in _LOOPBACK and port.isdecimal() and 0 < int(port) < 65_536):
        msg = "127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:/PATH is wanted, or off"
        raise ValueError(msg)
    return value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    """Write coded strings as scans are compared with them; a blank one would mean nothing."""
    codes = tuple(coded(value) for value in values)
    if "" in codes:
        msg = "codes such as DX or WRIST are wanted, none of them empty"
        raise ValueError(msg)
    return codes


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Count = Annotated[int, Field(ge=1)]
CountOrAuto = Annotated[int, Field(ge=0, le=1024)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86400, allow_inf_nan=False)]
Codes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_patterns), AfterValidator(_codes)]
TimeOrOff = Annotated[time | None, BeforeValidator(_off_is_none), AfterValidator(_without_zone)]
Days = Annotated[int, Field(ge=0, le=36_500)]
SecondsOrNone = Annotated[float, Field(ge=0, le=7 * 86400, allow_inf_nan=False)]


class Settings(BaseSettings):
    """Everything that can be set, parsed and checked once.

    The field's name is the key in the TOML file; `INBOXRAY_` and the name in capitals is the variable.
    Relative paths are taken from the folder in which the process was started.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # a database URL holds a password
        validate_default=True,
    )

    spool: AbsolutePath = Field(Path("spool"), description="The folder that holds inbox/, done/, failed/ ...")
    database_url: Annotated[SecretStr | None, AfterValidator(_database_scheme)] = Field(
        None, description="sqlite:///PATH or postgresql://...; without it, SQLite in the spool: results.db."
    )

    look_interval_ms: int = Field(
        100, ge=1, le=60_000, description="Least time between the two looks that must agree before a claim."
    )
    settle_s: SecondsOrNone = Field(
        5, description="Quiet that a file needs when no event said it was closed."
    )
    incomplete_wait_s: SecondsOrNone = Field(
        300, description="Quiet after which an incomplete file is claimed, and fails as truncated."
    )
    ignore: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_patterns)] = Field(
        DEFAULT_IGNORE, description="Globs of names that are never claimed: a list, or names between commas."
    )
    sweep_s: float = Field(
        30, gt=0, le=3600, allow_inf_nan=False, description="Longest time between two sweeps over the inbox."
    )
    polling: bool = Field(default=False, description="Do without file system events (network shares).")

    keep_png: bool = Field(
        default=False,
        description="Keep the picture of each classified scan, as the pipeline sees it, in spool/png/.",
    )

    batch_size: int = Field(16, ge=1, le=1024, description="Most scans in one batch and one transaction.")
    batch_wait_ms: int = Field(
        100, ge=0, le=60_000, description="Longest wait for a batch to fill before it runs as it is."
    )
    decode_workers: CountOrAuto = Field(0, description="Decoding children; 0: one a core.")
    deadline_s: Seconds = Field(
        30, description="Time to decode a file, all tries together; then it fails as deadline."
    )
    deadline_per_frame_s: SecondsOrNone = Field(1, description="More time for each further frame.")
    decode_memory_mb: int = Field(2048, ge=64, description="Memory limit of a decoding child.")
    decode_tasks_per_child: Count = Field(1000, description="Files after which a child is renewed.")
    max_file_mb: Count = Field(1024, description="A larger file fails as too_large.")
    max_megapixels: float = Field(
        64, gt=0, allow_inf_nan=False, description="A larger frame fails as too_large, before it is decoded."
    )
    max_frames: Count = Field(500, description="A scan with more frames fails as too_large.")
    max_scan_megapixels: float = Field(
        2000, gt=0, allow_inf_nan=False, description="So does one whose frames have more pixels in all."
    )

    modalities: Codes = Field((), description="Modalities to classify, such as CR, DX; empty: all.")
    exclude_modalities: Codes = Field((), description="Modalities to reject as excluded_modality.")
    body_parts: Codes = Field((), description="Body parts to classify, such as WRIST, HAND; empty: all.")
    exclude_body_parts: Codes = Field((), description="Body parts to reject as excluded_body_part.")
    presentation: Annotated[Literal["any", "presentation", "processing"], BeforeValidator(_lower)] = Field(
        "any", description="Presentation intent to classify; the other is rejected as excluded_presentation."
    )
    secondary_captures: bool = Field(
        default=True, description="Classify secondary captures; else excluded_presentation."
    )
    derived_images: bool = Field(
        default=True,
        description="Classify images marked as derived: most radiographs are; else excluded_presentation.",
    )
    localizers: bool = Field(default=True, description="Classify localizers; else excluded_presentation.")

    engine: Literal["litert", "tensorflow"] = Field(
        "litert", description="What runs the network; tensorflow needs the extra `train`."
    )
    model: AbsolutePath | None = Field(None, description="Folder of a released model; none: the shipped one.")
    inference_threads: CountOrAuto = Field(0, description="Threads of the network; 0: one a core.")
    prevalence: float | None = Field(
        None,
        gt=0,
        lt=1,
        allow_inf_nan=False,
        description="Share of fractured scans here; shifts reported probabilities, never decisions.",
    )
    identifiers: Literal["keep", "hash", "drop"] = Field(
        "keep", description="What the database gets of patient and study identifiers and of file names."
    )
    identifiers_key_file: AbsolutePath | None = Field(
        None, description="File with the secret key; needed by identifiers = hash."
    )
    database_wait_s: SecondsOrNone = Field(60, description="How long `once` waits for an absent database.")
    stop_s: SecondsOrNone = Field(30, description="Time to finish what is claimed when asked to stop.")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        "info", description="Least level of a log line."
    )
    log_format: Annotated[Literal["auto", "json", "text"], BeforeValidator(_lower)] = Field(
        "auto", description="auto: text on a terminal, else JSON lines."
    )
    export_at: TimeOrOff = Field(
        time(2, 0), description="Local time of the nightly CSV in spool/export/results.csv; off: none."
    )
    snapshot_at: TimeOrOff = Field(
        time(2, 15),
        description="Local time of the nightly copy of SQLite to spool/export/results.db; off: none.",
    )
    optimize_at: TimeOrOff = Field(
        time(2, 45), description="Local time at which SQLite looks after its indexes; off: never."
    )
    retention_at: TimeOrOff = Field(
        time(3, 0), description="Local time at which files that were kept long enough go; off: never."
    )
    keep_done_days: Days = Field(0, description="Days that files stay in done/; 0: for ever. Rows stay.")
    keep_failed_days: Days = Field(0, description="Days that files stay in failed/; 0: for ever. Rows stay.")
    min_free_percent: float = Field(
        0,
        ge=0,
        le=50,
        allow_inf_nan=False,
        description="Free share of the spool's disk; below it the oldest files with a row go; 0: never.",
    )
    summary_at: TimeOrOff = Field(
        time(6, 0), description="Local time of the line in the log that sums up the last day; off: none."
    )
    metrics_listen: Annotated[str | None, BeforeValidator(_off_is_none), AfterValidator(_listener)] = Field(
        None,
        description="Where /metrics, /health and /ready answer: HOST:PORT of this machine or unix:PATH.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing by itself: `daemon.config` merges the sources and remembers which gave what."""
        return (init_settings,)

    @model_validator(mode="after")
    def _hash_needs_a_key(self, _: ValidationInfo) -> Self:
        if self.identifiers == "hash" and self.identifiers_key_file is None:
            msg = "identifiers = hash needs identifiers_key_file, a file with the secret key"
            raise ValueError(msg)
        return self

    def database(self) -> str:
        """Return the URL of the database: the one that was set, else SQLite in the spool."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        from storage.engine import sqlite_url

        return sqlite_url(self.spool / "results.db")

    def masked_database(self) -> str:
        """Return the URL of the database as it may be shown: without its password."""
        from storage.engine import mask_url

        return mask_url(self.database())

    def digest(self) -> str:
        """Return the sha256 (hex) of all settings, which tells one run from another; no secret goes in."""
        values = self.model_dump(mode="json", exclude={"database_url"})
        values["database_url"] = self.masked_database()
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
