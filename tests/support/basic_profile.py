"""The table of the Basic Profile, as a package keeps it that follows the editions of the standard."""

import importlib.util
from pathlib import Path

import pytest

_LISTS = {"X_Z_U_STAR_TAGS": "X/Z/U*"}


def basic_profile():
    """Give the actions of PS3.15 Table E.1-1 by tag, from the newest table of `dicom-anonymizer`.

    It is read by its path: the package itself would start progress bars.
    """
    found = importlib.util.find_spec("dicomanonymizer")
    if found is None:
        pytest.skip("dicom-anonymizer, which has the table of the Basic Profile, is not installed")
    folder = Path(found.submodule_search_locations[0]) / "dicom_anonymization_databases"
    newest = max(folder.glob("dicomfields_2*.py"))
    spec = importlib.util.spec_from_file_location("basic_profile_table", newest)
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    return {
        one[0] << 16 | one[1]: _LISTS.get(name, name.removesuffix("_TAGS").replace("_", "/"))
        for name in dir(table)
        if name.endswith("_TAGS")
        for one in getattr(table, name)
        if len(one) == 2
    }
