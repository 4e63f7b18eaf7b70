"""The sentences in DICOM objects: what was decided, by what, and that it is not verified."""

from typing import Final

from model.decisions.decision import Decision
from model.dicom_results.scan_answer import ScanAnswer

NOT_A_DEVICE: Final = "not a medical device"
_DECIDED: Final = {
    Decision.FRACTURED: "fractured",
    Decision.UNCERTAIN: "uncertain",
    Decision.ABSTAINED: "abstained",
    Decision.NOT_FRACTURED: "not fractured",
}


def decided(answer: ScanAnswer) -> str:
    """Say what was decided, and how sure the model is.

    Parameters
    ----------
    answer : ScanAnswer

    Returns
    -------
    str
        One line of ASCII, 64 characters at most.
    """
    if answer.decision is Decision.ABSTAINED:
        return "abstained: the model knows nothing like this picture"
    return f"{_DECIDED[answer.decision]}, probability of a fracture {answer.probability:.3f}"


def explained(answer: ScanAnswer) -> str:
    """Say what the answer means and does not mean, in full sentences.

    Parameters
    ----------
    answer : ScanAnswer

    Returns
    -------
    str
    """
    model = answer.model
    sentences = [f"{decided(answer).capitalize()}.", f"By {model.title}: {NOT_A_DEVICE}, and no diagnosis."]
    if answer.decision is not Decision.ABSTAINED:
        sentences.append(
            f"A score below {model.rule_out:.4f} is not fractured, one from {model.rule_in:.4f} on is "
            f"fractured, between them it is uncertain; this one is {answer.score:.4f}."
        )
    if answer.has_region:
        sentences.append("A region shows what raised the score: it need not be a fracture.")
    if answer.frames > 1:
        sentences.append(f"Frame {answer.frame} of {answer.frames} made the answer.")
    sentences.append("No person has verified it.")
    return " ".join(sentences)
