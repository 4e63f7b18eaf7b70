"""quantised.md and quantised.json: what each variant changes, and whether it may be shipped."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from model.lab.quantisation.gate import Gate, Trial, Untried

KINDS = {
    "float16": "weights in 16 bits, computed in 32",
    "dynamic_range": "weights in 8 bits, activations quantised as they come",
    "int8": "weights and activations in 8 bits",
    "int16x8": "weights in 8 bits, activations in 16",
}
"""Names of the variants, in the order of effort, and what they are."""


@dataclass(frozen=True, slots=True)
class About:
    """What was measured.

    Parameters
    ----------
    release, sha256 : str
        `name@version`, and the release's identity.
    pictures, sources : int
    threads : int
        Of LiteRT.
    """

    release: str
    sha256: str
    pictures: int
    sources: int
    threads: int


def plain(about: About, gate: Gate, found: Sequence[Trial | Untried]) -> dict[str, Any]:
    """Return all figures as what JSON knows; what is not a number is None.

    Parameters
    ----------
    about : About
    gate : Gate
    found : sequence of (Trial or Untried)

    Returns
    -------
    dict of str to object
    """
    figures: dict[str, Any] = _plain(
        {
            "measured": asdict(about),
            "gate": asdict(gate),
            "variants": [
                asdict(one) | {"shipped": isinstance(one, Trial) and not one.failed} for one in found
            ],
        }
    )
    return figures


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_report(about: About, gate: Gate, found: Sequence[Trial | Untried]) -> str:
    """Write the report as Markdown; parameters as for `plain`.

    Parameters
    ----------
    about : About
    gate : Gate
    found : sequence of (Trial or Untried)

    Returns
    -------
    str
    """
    head = (
        "variant", "size", "time", "change of probability, 99th percentile", "largest", "flips",
        "four-way agreement", "change of AUROC (95 %)", "may be shipped",
    )  # fmt: skip
    lines = [head, ["---"] * len(head), *(_row(one) for one in found)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    kinds = "\n".join(f"- `{one.variant}`: {KINDS.get(one.variant, '')}" for one in found)
    passed = [one.variant for one in found if isinstance(one, Trial) and not one.failed]
    result = f"May be shipped: {', '.join(passed)}." if passed else "**Not shipped: none passes.**"
    return f"""# {about.release} in fewer bits

Against the float network in LiteRT, on {about.pictures} pictures of {about.sources} sources
(release {about.sha256[:12]}). Size and time are shares of the float network's; time is the median over
pictures that all networks saw in turn, on {about.threads} thread(s).

{table}

A variant may be shipped if the 99th percentile of the change of the probability is at most {gate.change:g},
at most {gate.flips} pictures go from `fractured` to `not_fractured` or back, at least {gate.agreement:.0%}
keep their decision, and the change of the AUROC (one vote a source, paired over patients) has its interval
within {gate.auroc:g}. {result}

{kinds}
"""


def _row(one: Trial | Untried) -> tuple[str, ...]:
    if isinstance(one, Untried):
        return (f"`{one.variant}`", *["-"] * 7, f"no: {one.reason}")
    change = f"{one.auroc.value:+.4f} ({one.auroc.low:+.4f} to {one.auroc.high:+.4f})"
    verdict = f"no: {', '.join(one.failed)}" if one.failed else "yes"
    return (
        f"`{one.variant}`", f"{one.measured.size:.2f}", f"{one.measured.duration:.2f}", f"{one.change:.4f}",
        f"{one.largest_change:.3f}", f"{one.flips}", f"{one.agreement:.1%}", change, verdict,
    )  # fmt: skip
