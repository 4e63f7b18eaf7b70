"""What is done by the clock, and how long files are kept."""

from datetime import time

from pydantic import BaseModel, Field

from daemon.settings.types import Days, TimeOrOff


class JobFields(BaseModel, defer_build=True):
    """The settings of `daemon.jobs`."""

    export_at: TimeOrOff = Field(
        time(2, 0), description="Local time of the nightly CSV and Parquet in spool/export; off: none."
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
    keep_previews_days: Days = Field(
        0, description="Days that small pictures stay; 0: for as long as the file of their scan."
    )
    min_free_percent: float = Field(
        0,
        ge=0,
        le=50,
        allow_inf_nan=False,
        description="Free share of the spool's disk; below it the oldest files with a row go; 0: never.",
    )
    check_at: TimeOrOff = Field(
        time(4, 0), description="Local time at which rows are compared with files; off: never."
    )
    summary_at: TimeOrOff = Field(
        time(6, 0), description="Local time of the line in the log that sums up the last day; off: none."
    )
