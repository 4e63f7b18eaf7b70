"""`classify`: predictions for files, without an inbox and a database."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.arguments import counted, tell_reasons, tell_warnings
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows
from daemon.cli.progress import tracked
from storage.vocabulary import ABSTAINED, FAILED

if TYPE_CHECKING:
    from daemon.files.classify import FileAnswer
    from daemon.files.heat_maps import HeatMaps

COLUMNS: Final = (
    "path",
    "outcome",
    "error_code",
    "frame",
    "decision",
    "probability",
    "model",
    "warnings",
    "error_detail",
)
TABLE_COLUMNS: Final = ("path", "outcome", "error_code", "frame", "decision", "probability", "warnings")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(classify)


@placed
def classify(
    places: Places,
    path: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")],
    *,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
    engine: Annotated[str | None, typer.Option(help="litert or tensorflow.")] = None,
    release: Annotated[
        Path | None, typer.Option("--model", metavar="NAME|FOLDER", help="A release; else the one in use.")
    ] = None,
    heatmap: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Write each picture with what raised its score, as PNG; made if missing."
        ),
    ] = None,
) -> None:
    """Classify files here and now.

    Folders are walked, links in them are not followed. A row a frame. Exits 65 if any file failed;
    a rejected file is none of ours and no failure. A heat map shows what raised the score, which need not be
    a fracture; none is drawn for a frame that was abstained, and no picture is overwritten.
    """
    from contextlib import ExitStack

    from daemon.decoding.from_settings import open_pool
    from daemon.errors import BadDataError
    from daemon.files.classify import classify_files
    from daemon.files.convert import plan, work_folder
    from daemon.files.find import find_files
    from daemon.files.heat_maps import HeatMaps
    from daemon.settings.chosen_release import release_folder
    from model.classifier import open_classifier
    from model.release import open_release

    settings = places.settings(engine=engine, model=release)
    names: dict[bytes, bytes] = {}
    if heatmap is not None:
        names = {file.path: file.name for file in plan(path, settings.never_claimed, heatmap)}
    files = list(names) if heatmap is not None else list(find_files(path, settings.never_claimed))
    drawn: HeatMaps | None = None
    opened = open_release(release_folder(settings))
    with ExitStack() as stack:
        place = b"" if heatmap is None else stack.enter_context(work_folder(heatmap, "--heatmap"))
        pool = stack.enter_context(open_pool(settings, opened.shape.input_size))
        classifier = open_classifier(opened, settings.engine, settings.inference_threads)
        answered = classify_files(
            files, pool, classifier, batch_size=settings.batch_size, prevalence=settings.prevalence
        )
        if heatmap is not None:
            drawn = HeatMaps(pool, names, heatmap, place)
            answered = drawn.draw(answered)
        answers = _Counted(tracked(answered, len(files), "Classifying", form))
        write_rows(_rows(answers, opened.label), COLUMNS, form, table_columns=TABLE_COLUMNS)
    if answers.seen and form is Format.TABLE:
        note(f"model: {opened.label}")
    if drawn is not None:
        note(f"{counted(drawn.drawn, 'heat map')} drawn, below {heatmap}")
        _tell_undrawn(drawn)
    tell_reasons(answers.codes)
    tell_warnings(answers.warnings)
    if answers.failed:
        raise BadDataError(f"{answers.failed} of {counted(answers.seen, 'file')} failed")
    if not answers.seen:
        note("no files were found")


def _tell_undrawn(drawn: "HeatMaps") -> None:
    for code, count in sorted(drawn.undrawn.items()):
        if count and code == ABSTAINED:
            note(f"no heat map was drawn for {counted(count, 'frame')} that the model abstained from")
        elif count:
            note(f"no heat map was drawn for {counted(count, 'file')}: {code}")


class _Counted:
    """Answers as they come, how many of them are failures, and the codes of those without a prediction."""

    def __init__(self, answers: "Iterable[FileAnswer]") -> None:
        self._answers = answers
        self.seen = 0
        self.failed = 0
        self.codes: set[str] = set()
        self.warnings: set[str] = set()

    def __iter__(self) -> "Iterator[FileAnswer]":
        for answer in self._answers:
            self.seen += 1
            self.failed += answer.answer.outcome == FAILED
            self.warnings.update(answer.warnings)
            if answer.answer.error_code is not None:
                self.codes.add(answer.answer.error_code)
            yield answer


def _rows(answers: "Iterable[FileAnswer]", model: str) -> Iterator[dict[str, Any]]:
    from daemon.spool.names import encode_name

    for one in answers:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {
            "path": encode_name(one.path),
            "outcome": one.answer.outcome,
            "error_code": one.answer.error_code,
            "warnings": ";".join(one.warnings) or None,
            "error_detail": one.error_detail,
        }
        if not one.answer.predictions:
            yield row
        for prediction in one.answer.predictions:
            yield row | {
                "frame": prediction.frame,
                "decision": prediction.decision,
                "probability": prediction.probability,
                "model": model,
            }
