"""What must be known of labelled pictures before figures on them are read."""

from collections.abc import Sequence

from model.lab.dataset.examples import Example, tell_nothing_of_patients


def cautions_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """Say why intervals over these pictures are narrower than they should be, if they are.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    tuple of str
        Sentences; empty if it is known which files are of one patient.
    """
    if not tell_nothing_of_patients(examples):
        return ()
    caution = (
        "Patients are not known: every file was taken for a patient of its own, and copies were not looked "
        "for, so the intervals may be too narrow; run `inboxray model audit` and give its manifest.csv."
    )
    return (caution,)
