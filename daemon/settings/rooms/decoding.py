"""From a claimed file to its pictures: batches, children, their limits, and what is kept of it."""

from pydantic import BaseModel, Field

from daemon.settings.types import Count, CountOrAuto, Seconds, SecondsOrNone


class DecodingFields(BaseModel, defer_build=True):
    """The settings of `daemon.decoding`, the batches of `daemon.pipeline`, and `daemon.pictures`."""

    keep_png: bool = Field(
        default=False,
        description="Keep the picture of each classified scan, as the pipeline sees it, in spool/png/.",
    )
    previews: bool = Field(
        default=True, description="Keep small pictures of classified scans in spool/previews/, for the page."
    )

    batch_size: int = Field(16, ge=1, le=1024, description="Most scans in one batch and one transaction.")
    batch_wait_ms: int = Field(
        500,
        ge=0,
        le=60_000,
        description="Longest wait for a batch to fill while more files are being decoded.",
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
    half_size_jpeg_2000: bool = Field(
        default=True,
        description="Decode large JPEG 2000 of more than 8 bits at half its resolution, or a quarter.",
    )
