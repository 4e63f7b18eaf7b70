"""From a score and a distance to a decision, for a picture and for a scan."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from model.errors import ReleaseError


class Decision(StrEnum):
    """The answer for a picture or a scan; members stand in the order in which people should look."""

    FRACTURED = "fractured"
    UNCERTAIN = "uncertain"
    ABSTAINED = "abstained"
    NOT_FRACTURED = "not_fractured"


CLASSES: Final = (Decision.NOT_FRACTURED.value, Decision.FRACTURED.value)
"""What a picture can show, by its label: 1 is `fractured`."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where one decision ends and the next begins.

    Parameters
    ----------
    rule_out : float
        Below this score a picture is `not_fractured`; in (0, 1).
    rule_in : float
        From this score on a picture is `fractured`; in (0, 1), not below `rule_out`.
    distance : float
        Above this distance a picture is unlike what the network was trained on: `abstained`.

    Raises
    ------
    ReleaseError
        The three do not describe an order of decisions.
    """

    rule_out: float
    rule_in: float
    distance: float

    def __post_init__(self) -> None:
        """Refuse what is no order of decisions."""
        ordered = 0.0 < self.rule_out <= self.rule_in < 1.0
        if not ordered or not math.isfinite(self.distance) or self.distance <= 0.0:
            raise ReleaseError(
                f"the thresholds rule_out={self.rule_out}, rule_in={self.rule_in}, distance={self.distance} "
                "are no order of decisions: 0 < rule_out <= rule_in < 1 and 0 < distance is needed; "
                "fetch the release again, or train it again"
            )


def decide(score: float, distance: float, thresholds: Thresholds) -> Decision:
    """Decide about one picture.

    A stranger is never ruled out and never ruled in: its score means nothing.

    Parameters
    ----------
    score : float
        Calibrated probability of `fractured` at the prevalence of the calibration, in [0, 1]; never the
        one shifted to another prevalence.
    distance : float
        Distance of the picture's features from the training pictures, at least 0.
    thresholds : Thresholds
        Those of the release that gave both numbers.

    Returns
    -------
    Decision

    Raises
    ------
    ValueError
        A number is not finite: such an output is a failure, never a decision.
    """
    if not (math.isfinite(score) and math.isfinite(distance)):
        raise ValueError("a score or distance that is not finite has no decision")
    if distance > thresholds.distance:
        return Decision.ABSTAINED
    if score >= thresholds.rule_in:
        return Decision.FRACTURED
    if score < thresholds.rule_out:
        return Decision.NOT_FRACTURED
    return Decision.UNCERTAIN


def decide_scan(frames: Sequence[tuple[Decision, float]]) -> tuple[Decision, float]:
    """Decide about a scan from its frames.

    Parameters
    ----------
    frames : sequence of (Decision, float)
        Decision and reported probability of each frame; at least one.

    Returns
    -------
    tuple of (Decision, float)
        The first decision, in the order of `Decision`, that any frame has, and the highest probability
        among the frames with that decision.

    Raises
    ------
    ValueError
        There is no frame.
    """
    if not frames:
        raise ValueError("a scan without frames has no decision")
    present = {decision for decision, _ in frames}
    first = next(decision for decision in Decision if decision in present)
    return first, max(probability for decision, probability in frames if decision is first)
