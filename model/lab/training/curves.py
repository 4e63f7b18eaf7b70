"""The course of fittings as a picture: losses, and the AUROC within provenances, by step."""

import json
from collections.abc import Sequence
from pathlib import Path

_INCHES = (10.0, 4.0)


def draw_curves(path: Path, validations: Sequence[Path]) -> None:
    """Draw the curves of fittings into a PNG.

    Parameters
    ----------
    path : Path
        Of the PNG.
    validations : sequence of Path
        `validations.json` of each fitting, in a folder with its name.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    losses, within = figure.subplots(1, 2)
    for number, file in enumerate(validations):
        seen = json.loads(file.read_text(encoding="utf-8"))
        colour = f"C{number % 10}"
        for axes, name, style in (
            (losses, "train_loss", "-"),
            (losses, "val_loss", "--"),
            (within, "val_auroc", "-"),
        ):
            points = [(one["step"], one[name]) for one in seen if one[name] is not None]
            label = file.parent.name if name == "train_loss" else None
            axes.plot(*zip(*points, strict=True) if points else ([], []), style, color=colour, label=label)
    losses.set(xlabel="step", ylabel="loss", title="training (line), validation patients (dashes)")
    within.set(xlabel="step", ylabel="AUROC", title="within provenances, validation patients")
    if validations:
        losses.legend(fontsize="x-small", ncols=2)
    figure.savefig(path, dpi=110, metadata={"Software": None})
