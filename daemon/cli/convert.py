"""`convert`: pictures as the network's pipeline sees them, without an inbox and a database."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from daemon.cli.arguments import counted, tell_reasons, tell_warnings
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows
from daemon.cli.progress import tracked
from storage.vocabulary import FAILED

if TYPE_CHECKING:
    from daemon.files.convert import Conversion

COLUMNS: Final = ("path", "outcome", "error_code", "frame", "picture", "warnings", "error_detail")
TABLE_COLUMNS: Final = ("path", "outcome", "error_code", "frame", "picture", "warnings")
_LARGEST: Final = 16_384


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(convert)


@placed
def convert(
    places: Places,
    path: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    *,
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Where the pictures go; made if missing.")],
    bits: Annotated[int, typer.Option(metavar="8|16", help="Bits a value; with 16 nothing is lost.")] = 16,
    size: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=_LARGEST,
            help="Fit into a square of N pixels; 224: the network's input.",
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print what was done.")] = Format.TABLE,
) -> None:
    """Write DICOM, PNG and JPEG files as grey PNG, as the network's pipeline sees them.

    Folders are walked and keep their structure below DIR; of several frames each is a picture: NAME-0001.png.
    Nothing is overwritten: a file fails as exists if its picture's place is taken. Exits 65 if any failed.
    """
    from daemon.decoding.from_settings import open_pool
    from daemon.errors import BadDataError
    from daemon.files.convert import EXISTS, convert_files, plan, work_folder

    settings = places.settings()
    depth = _depth(bits)
    planned = plan(path, settings.never_claimed, out)
    with work_folder(out) as place, open_pool(settings) as pool:
        done = _Counted(convert_files(planned, pool, out, place, bits=depth, size=size))
        write_rows(
            _rows(tracked(done, len(planned), "Converting", form)), COLUMNS, form, table_columns=TABLE_COLUMNS
        )
    if done.exist:
        verb = "has" if done.exist == 1 else "have"
        note(f"{counted(done.exist, 'file')} {verb} a picture already; nothing was overwritten")
    tell_reasons(done.codes - {EXISTS})
    tell_warnings(done.warnings)
    if done.failed:
        raise BadDataError(f"{done.failed} of {counted(done.seen, 'file')} failed")
    if not done.seen:
        note("no files were found")


def _depth(bits: int) -> Literal[8, 16]:
    if bits == 8:
        return 8
    if bits == 16:
        return 16
    raise typer.BadParameter("8 or 16 is wanted", param_hint="--bits")


class _Counted:
    """Conversions as they come, how many of them are failures, and the codes of those without a picture."""

    def __init__(self, conversions: "Iterable[Conversion]") -> None:
        self._conversions = conversions
        self.seen = 0
        self.failed = 0
        self.exist = 0
        self.codes: set[str] = set()
        self.warnings: set[str] = set()

    def __iter__(self) -> "Iterator[Conversion]":
        for one in self._conversions:
            self.seen += 1
            self.exist += one.error_code == "exists"
            self.failed += one.outcome == FAILED
            self.warnings.update(one.warnings)
            if one.error_code is not None:
                self.codes.add(one.error_code)
            yield one


def _rows(conversions: "Iterable[Conversion]") -> Iterator[dict[str, Any]]:
    from daemon.spool.names import encode_name

    for one in conversions:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {
            "path": encode_name(one.path),
            "outcome": one.outcome,
            "error_code": one.error_code,
            "warnings": ";".join(one.warnings) or None,
            "error_detail": one.error_detail,
        }
        if not one.pictures:
            yield row
        for frame, picture in enumerate(one.pictures, start=1):
            yield row | {"frame": frame, "picture": encode_name(picture)}
