"""`model evaluate`: how good a release is on labelled pictures, and how far to trust the figures."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note, write_json, write_pairs
from daemon.cli.progress import stage_progress

if TYPE_CHECKING:
    from model.classifier import Classifier
    from model.lab.evaluation.measure_settings import Measured, MeasureSettings, OnProgress, Shortcut
    from model.lab.evaluation.report import Report
    from model.lab.evaluation.scored import Scored


@placed
def evaluate(  # noqa: PLR0913 -- an option each
    places: Places,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Labelled pictures: sub-folders fractured and not_fractured, or a manifest.csv.",
        ),
    ],
    *,
    model: Annotated[
        Path | None,
        typer.Option(metavar="NAME|FOLDER", help="A release; else the one that the settings name."),
    ] = None,
    other: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            metavar="NAME|FOLDER",
            help="Another release on the same pictures; with --out-of-fold, another such file.",
        ),
    ] = None,
    out_of_fold: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Evaluate predictions of a cross-validation instead of a release."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write JSON, Markdown, plots and the worst mistakes there."),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROVENANCE",
            help="Count pairs within it for the AUROC within provenance; again for more.",
        ),
    ] = None,
    shortcut: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SHOWN=FILE",
            help="With --out-of-fold, predictions by a network that is shown no bone; again for more.",
        ),
    ] = None,
    style: Annotated[
        bool,
        typer.Option("--style", help="With --out-of-fold, also let style alone predict, as `audit` does."),
    ] = False,
    region_alone: Annotated[
        bool,
        typer.Option(
            "--region-alone", help="With --out-of-fold, also let the region of the body alone predict."
        ),
    ] = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="Also crop, mask, compress and turn the pictures; takes longer.")
    ] = False,
    heat_map: Annotated[
        bool,
        typer.Option(
            "--heat-map",
            help="Also measure the heat map: is it faithful, does it point into boxes; takes longer.",
        ),
    ] = False,
    probes: Annotated[
        bool,
        typer.Option("--probes", help="With --out-of-fold, also measure what else the features predict."),
    ] = False,
    strangers: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures that are no bone X-rays, one sub-folder a kind: also count abstentions.",
        ),
    ] = None,
    allow_trained: Annotated[
        bool, typer.Option("--allow-trained", help="Go on with pictures that the release learned from.")
    ] = False,
    draws: Annotated[int, typer.Option(min=100, help="Draws of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws; the same seed gives the same figures.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
) -> None:
    """Measure a release on labelled pictures.

    One vote a source; intervals over patients. Figures on pictures that the release learned from are
    refused.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else its lines hide ours
    from daemon.cli.model_list import named_release
    from daemon.errors import MissingFileError
    from model.lab.evaluation.measure_settings import MeasureSettings

    if out_of_fold is not None and model is not None:
        raise typer.BadParameter("evaluate either a release or predictions", param_hint="--out-of-fold")
    if out_of_fold is None:
        in_place = places.settings()
        model = model and named_release(str(model), in_place)
        other = other and named_release(str(other), in_place)
    for path in (data, other, out_of_fold, strangers):
        if path is not None and not path.exists():
            raise MissingFileError(f"there is no file or folder {path}")
    if out_of_fold is not None and strangers is not None:
        raise typer.BadParameter("strangers are shown to a release", param_hint="--strangers")
    shortcuts = _shortcuts(shortcut or [], style=style, region_alone=region_alone)
    if (shortcuts or probes) and out_of_fold is None:
        raise typer.BadParameter(
            "this asks about a cross-validation: give --out-of-fold",
            param_hint="--shortcut, --style, --region-alone, --probes",
        )
    if out is not None:
        from model.lab.evaluation.plots import require_plotting

        require_plotting()  # refused before the work, not after
    settings = MeasureSettings(
        data,
        tuple(within) if within else None,
        draws,
        seed,
        allow_trained,
        changes,
        heat_map,
        probes,
        strangers,
    )
    with stage_progress() as on_progress:
        measured = _measure(places, settings, (model, other, out_of_fold), on_progress, shortcuts)
        if out is not None:
            from model.lab.evaluation.report import write_report

            on_progress("drawing", 0, 0)
            write_report(out, measured.report, measured.sources, measured.examples)
    _show(measured.report, json=json)
    if out is not None:
        note(f"the report is in {out}: evaluation.md, evaluation.json, plots and the worst mistakes")


def _measure(
    places: Places,
    settings: "MeasureSettings",
    paths: tuple[Path | None, Path | None, Path | None],
    on_progress: "OnProgress",
    shortcuts: "dict[str, Shortcut]",
) -> "Measured":
    from model.lab.evaluation.measure import measure_release
    from model.lab.evaluation.measure_folds import measure_out_of_fold

    model, other, out_of_fold = paths
    if out_of_fold is not None:
        return measure_out_of_fold(settings, out_of_fold, other, on_progress, shortcuts)
    second = _classifier(places, other) if other is not None else None
    return measure_release(settings, _classifier(places, model), second, on_progress)


def _shortcuts(named: list[str], *, style: bool, region_alone: bool) -> "dict[str, Shortcut]":
    """Read what predictions are to be compared with; style and the region first."""
    from daemon.errors import MissingFileError
    from model.lab.evaluation.measure_settings import of_one_seed
    from model.lab.evaluation.out_of_fold import read_out_of_fold

    found: dict[str, Shortcut] = {}
    if style:
        from model.lab.audit.style_baseline import STYLE, style_table

        found[STYLE] = of_one_seed(style_table)
    if region_alone:
        from model.lab.evaluation.region_alone import REGION, region_table

        found[REGION] = of_one_seed(region_table)
    for one in named:
        shown, _, file = one.rpartition("=")
        if not shown:
            raise typer.BadParameter("what is shown, =, and a file are wanted", param_hint="--shortcut")
        if not Path(file).exists():
            raise MissingFileError(f"there is no file {file}")
        found[shown] = _told({run.seed: run.scored for run in read_out_of_fold(Path(file))})
    return found


def _told(tables: "dict[int, Scored]") -> "Shortcut":
    return lambda _run, _examples: tables


def _classifier(places: Places, model: Path | None) -> "Classifier":
    from daemon.settings.chosen_release import release_folder
    from model.classifier import open_classifier
    from model.release import open_release

    settings = places.settings(model=model)
    return open_classifier(
        open_release(release_folder(settings)), settings.engine, settings.inference_threads
    )


def _show(report: "Report", *, json: bool) -> None:
    from model.lab.evaluation.assessment_tables import shown_figures
    from model.lab.evaluation.figures import WORDS
    from model.lab.evaluation.markdown import spread, with_interval

    for warning in report.warnings:
        note(f"warning: {warning}")
    for caution in report.cautions:
        note(f"caution: {caution}")
    plain = report.as_plain()
    if json:
        write_json(plain)
        return
    pooled = plain["assessment"]["groups"][0]
    pairs: list[tuple[str, Any]] = [("evaluated", report.subject)]
    pairs += [(name, pooled[name]) for name in ("sources", "fractured", "patients", "files")]
    pairs += [("provenances that count within", ", ".join(report.assessment.within) or "none")]
    for name in shown_figures(plain["assessment"]):
        figure = pooled["figures"][name]
        seeds = f"; by seed {spread(figure)}" if figure["seeds"] else ""
        pairs.append((WORDS[name], with_interval(figure) + seeds))
    if report.comparison is not None:
        pairs += [
            (
                f"less {report.against}: {WORDS[name]}",
                with_interval(plain["comparison"]["figures"][name]["difference"]),
            )
            for name in shown_figures(plain["assessment"])
        ]
        pairs += [("McNemar's exact test: p", report.comparison.mcnemar.p)]
    pairs += [
        (f"{one.name}: change of balanced accuracy", f"{one.change.value:+.3f}") for one in report.changes[1:]
    ]
    if report.faith is not None:
        pairs += [("heat map faithful in", f"{report.faith.share:.1%} of {report.faith.pictures}")]
    if report.pointing is not None:
        pairs += [
            (
                "heat map points at the fracture in",
                f"{report.pointing.highest:.1%} of {report.pointing.pictures}",
            )
        ]
    if report.strangers:
        met = sum(one.pictures for one in report.strangers)
        abstained = sum(one.abstained for one in report.strangers)
        pairs += [("strangers abstained", f"{abstained / met:.1%} of {met}")]
    write_pairs(pairs)
