import pickle

import pytest

from model import errors
from model.advice import Advice
from model.errors import BadPixels, ReleaseError, ScanError, Truncated
from model.header import Header


def scan_errors():
    return [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, ScanError)]


def test_the_codes_are_those_of_the_ledger():
    by_outcome = {outcome: set() for outcome in ("rejected", "failed")}
    for error in scan_errors():
        by_outcome[error.outcome].add(error.code)

    assert {
        "no_image",
        "dicomdir",
        "excluded_modality",
        "excluded_body_part",
        "excluded_presentation",
        "executable_preamble",
    } == by_outcome["rejected"]
    assert {
        "empty_file",
        "unknown_format",
        "truncated",
        "unreadable",
        "bad_header",
        "bad_pixels",
        "too_large",
        "unsupported_transfer_syntax",
    } == by_outcome["failed"]


@pytest.mark.parametrize("error", scan_errors())
def test_an_error_explains_itself_without_being_told(error):
    what = str(error()).removesuffix(f"; {error.usual_advice}")
    assert error.__doc__.startswith(f"{what}.")
    assert len(what) > 15


def test_an_error_keeps_its_header_on_the_way_out_of_a_child():
    error = Truncated("cut", advice=Advice.SEND_AS_BYTES, header=Header(format="dicom", rows=7))
    error = pickle.loads(pickle.dumps(error))  # noqa: S301

    assert str(error) == "cut; send it again, in binary mode"
    assert Header(format="dicom", rows=7) == error.header


def test_exit_codes_are_those_of_sysexits():
    assert BadPixels.exit_code == 65
    assert ReleaseError.exit_code == 78
