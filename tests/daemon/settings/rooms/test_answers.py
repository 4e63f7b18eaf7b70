import pytest
from pydantic import ValidationError

from daemon.settings.fields import Settings


def test_hash_needs_a_key_file(tmp_path):
    with pytest.raises(ValidationError, match="identifiers = hash needs identifiers_key_file"):
        Settings(identifiers="hash")
    assert Settings(identifiers="hash", identifiers_key_file=tmp_path / "key").identifiers == "hash"


@pytest.mark.parametrize("text", ["sr, SC", '["sr", "sc"]', ["SR", "sc"]])
def test_objects_are_named_in_any_form(text):
    assert Settings(dicom_results=text).dicom_results == ("sr", "sc")


def test_an_object_that_is_none_of_ours_is_refused():
    with pytest.raises(ValidationError, match="'sr', 'sc' or 'gsps'"):
        Settings(dicom_results="pdf")
