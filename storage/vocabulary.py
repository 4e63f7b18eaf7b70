"""The closed sets of words a row may hold. Each is also a CHECK: a new word needs a revision."""

from typing import Final

CLASSIFIED: Final = "classified"
REJECTED: Final = "rejected"
FAILED: Final = "failed"
OUTCOMES: Final = (CLASSIFIED, REJECTED, FAILED)

FRACTURED: Final = "fractured"
UNCERTAIN: Final = "uncertain"
ABSTAINED: Final = "abstained"
NOT_FRACTURED: Final = "not_fractured"
DECISIONS: Final = (FRACTURED, UNCERTAIN, ABSTAINED, NOT_FRACTURED)

AGREE: Final = "agree"
DISAGREE: Final = "disagree"
UNSURE: Final = "unsure"
VERDICTS: Final = (AGREE, DISAGREE, UNSURE)
"""What a person says of an answer."""
MAX_NOTE: Final = 2000
"""Characters of a note beside a verdict."""

BY_SUSPICION: Final = (FRACTURED, UNCERTAIN, ABSTAINED, FAILED, NOT_FRACTURED, REJECTED)
"""Decisions, and outcomes without one: first what a person should see first."""

REJECTED_CODES: Final = (
    "no_image",
    "dicomdir",
    "excluded_modality",
    "excluded_body_part",
    "excluded_presentation",
    "executable_preamble",
)
FAILED_CODES: Final = (
    "empty_file",
    "unknown_format",
    "truncated",
    "unreadable",
    "bad_header",
    "bad_pixels",
    "too_large",
    "deadline",
    "decoder_crashed",
    "out_of_memory",
    "unsupported_transfer_syntax",
    "bad_network_output",
    "unrecordable",
    "crashed_daemon",
)


def outcome_of(error_code: str | None) -> str:
    """Return the outcome that goes with an error code.

    Parameters
    ----------
    error_code : str or None

    Returns
    -------
    str
        One of `OUTCOMES`; `failed` for a code that is none of ours.
    """
    if error_code is None:
        return CLASSIFIED
    return REJECTED if error_code in REJECTED_CODES else FAILED


def one_of(column: str, words: tuple[str, ...]) -> str:
    """Write the SQL that is true if a column holds one of the words, and false for null.

    Parameters
    ----------
    column : str
    words : tuple of str
        Without quotes in them.

    Returns
    -------
    str
    """
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IS NOT NULL AND {column} IN ({listed})"
