"""The first paragraph of a card: what the network can do where style is no help, beside what style can."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.lab.evaluation.markdown import number, with_interval
from model.lab.evaluation.picture_facts import WITHOUT_HARDWARE

Plain = Mapping[str, Any]

_COMPARED_WITH = 4
"""What a network is to be compared with: style, the region, no centre, 16 x 16 pixels."""


def first_paragraph(evaluation: Plain, shortcuts: Mapping[str, Plain]) -> str:
    """Write the first paragraph of the card.

    Parameters
    ----------
    evaluation : dict
        `Assessment.as_plain`.
    shortcuts : mapping of str to dict
        As in `CardFacts`.

    Returns
    -------
    str
        It says so if a difference to a shortcut is not shown to lie above 0, or was not measured.
    """
    figures = evaluation["groups"][0]["figures"]
    first = (
        "**Of a picture with a fracture and one without, both of one provenance, this network gives the\n"
        f"first the higher score in {with_interval(figures['within_auroc'])} of the pairs** (AUROC within\n"
        f"provenance: {', '.join(evaluation['within']) or 'none has enough'}; 95 % interval over patients)."
    )
    plain = _without_hardware(evaluation["groups"])
    auroc, balanced = (with_interval(figures[name]) for name in ("auroc", "balanced_accuracy"))
    last = (
        f"Pooled over provenances, where style helps, the AUROC is {auroc} and the balanced accuracy\n"
        f"at 0.5 {balanced}: neither proves knowledge of bones."
    )
    beside = [_beside(name, comparison) for name, comparison in shortcuts.items()]
    return "\n".join([first, *plain, *beside, _verdict(shortcuts), last])


def _without_hardware(groups: Sequence[Plain]) -> list[str]:
    """Give what it reaches where no nail or plate gives the answer away, if that is known."""
    for group in groups:
        if (group["by"], group["name"]) == ("hardware", WITHOUT_HARDWARE):
            sound = group["sources"] - group["fractured"]
            counts = f"{group['fractured']} fractured, {sound} not"
            reached = with_interval(group["figures"]["auroc"])
            return [
                f"Among the pictures in which no nails or plates are seen ({counts}) the\nAUROC is {reached}."
            ]
    return []


def _beside(name: str, comparison: Plain) -> str:
    within, pooled = (comparison["figures"][figure] for figure in ("within_auroc", "auroc"))
    return (
        f"A classifier that sees {name} reaches {number(within['second'])} (pooled\n"
        f"{number(pooled['second'])}); the network's lead is {with_interval(within['difference'])}."
    )


def _verdict(shortcuts: Mapping[str, Plain]) -> str:
    if not shortcuts:
        return "**No test of shortcuts was made: how much of this is style is not known.**"
    leads = {
        name: comparison["figures"]["within_auroc"]["difference"]["low"]
        for name, comparison in shortcuts.items()
    }
    unproved = [name for name, low in leads.items() if low is None or low <= 0.0]
    if unproved:
        return (
            f"**The lead over what sees {' and over what sees '.join(unproved)} is not shown to lie above 0: "
            "that the network looks at bone is not proved.**"
        )
    if len(shortcuts) < _COMPARED_WITH:
        return (
            "Each lead that was measured is shown to lie above 0; leads over the region alone, over\n"
            "pictures without their centre and over 16 x 16 pixels are known only where they stand here."
        )
    return "Each lead is shown to lie above 0."
