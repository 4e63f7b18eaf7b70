"""Where the spool and the database are, and when a file of the inbox is taken in."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from daemon.settings.ignored_names import DEFAULT_IGNORE
from daemon.settings.types import AbsolutePath, SecondsOrNone, Suffixes, as_patterns, database_scheme


class InboxFields(BaseModel, defer_build=True):
    """The settings of `daemon.inbox` and `daemon.spool`."""

    spool: AbsolutePath = Field(Path("spool"), description="The folder that holds inbox/, done/, failed/ ...")
    database_url: Annotated[SecretStr | None, AfterValidator(database_scheme)] = Field(
        None, description="sqlite:///PATH or postgresql://...; without it, SQLite in the spool: results.db."
    )

    look_interval_ms: int = Field(
        100, ge=1, le=60_000, description="Least time between the two looks that must agree before a claim."
    )
    settle_s: SecondsOrNone = Field(5, description="Quiet that a file needs without the event of its close.")
    incomplete_wait_s: SecondsOrNone = Field(
        300, description="Quiet after which an incomplete file is claimed, and fails as truncated."
    )
    ignore: Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns)] = Field(
        DEFAULT_IGNORE,
        description="Globs of names that are never claimed, whatever their capitals: a list, or with commas.",
    )
    ignore_more: Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns)] = Field(
        (), description="More of them, beside those of `ignore`."
    )
    marker_suffixes: Suffixes = Field(
        (),
        description="Endings of marker files, such as .ready or .md5: a file is claimed only once its marker "
        "lies beside it, and that goes with it.",
    )
    remove_empty_folders: bool = Field(
        default=False, description="Remove folders of the inbox that stood empty for a day."
    )
    sweep_s: float = Field(
        30, gt=0, le=3600, allow_inf_nan=False, description="Longest time between two sweeps over the inbox."
    )
    polling: bool = Field(default=False, description="Do without file system events (network shares).")
