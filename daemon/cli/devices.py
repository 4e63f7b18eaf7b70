"""`devices`: which devices made the scans, and how these ended."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.filter_options import Since, Until
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows

if TYPE_CHECKING:
    from storage.devices import Device

COLUMNS: Final = (
    *("device", "manufacturer", "manufacturer_model_name", "station_name"),
    *("scans", "failed", "failures", "abstained", "warned", "warnings", "first_at", "last_at"),
)
TABLE_COLUMNS: Final = tuple(column for column in COLUMNS if column not in {"first_at", "failed", "warned"})


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(devices)


@placed
def devices(
    places: Places,
    *,
    since: Since = None,
    until: Until = None,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Show which devices made the scans, and how these ended.

    By manufacturer, model and station, as the latest scan writes them, the most scans first: failures and
    warnings by code, and abstentions. A line without names counts the scans whose header names no device.
    """
    from daemon.cli.open_results import reading
    from storage.devices import devices as find

    with reading(places.settings()) as engine:
        found = find(engine, since, until)
    write_rows((_row(one, form) for one in found), COLUMNS, form, table_columns=TABLE_COLUMNS)
    if form is Format.TABLE:
        note(counted(sum(one.device is not None for one in found), "device"))


def _row(one: "Device", form: Format) -> dict[str, Any]:
    """Return the row of a device; programs that read JSON get numbers by code."""
    row = {column: getattr(one, column) for column in COLUMNS}
    if form is not Format.JSON:
        row |= {"failures": _by_code(one.failures), "warnings": _by_code(one.warnings)}
    return row


def _by_code(counts: Mapping[str, int]) -> str | None:
    """Write numbers by code, the highest first, such as ``truncated:3;bad_pixels:1``."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ";".join(f"{code}:{count}" for code, count in ordered) or None
