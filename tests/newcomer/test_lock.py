"""The lock fits what pyproject.toml asks for, on every Python; `make wheels` asks the index as well."""

import re
from itertools import chain

import pytest
from packaging.utils import canonicalize_name

from tests.newcomer.lock import LOCK, TARGETS, asked, pinned


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_what_is_asked_for_is_pinned_to_a_version_that_will_do(target):
    versions = pinned(target)
    for requirement in chain.from_iterable(asked().values()):
        if target.takes(requirement):
            version = versions.get(canonicalize_name(requirement.name))
            assert version is not None, requirement
            assert requirement.specifier.contains(version), f"{requirement}, but {version} is pinned"


def test_the_lock_holds_no_address():
    assert not re.search(r"://|--(extra-)?index-url|--find-links|@", LOCK.read_text(encoding="utf-8"))


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_what_has_no_release_for_a_python_is_left_out_there_whole(target):
    """Training needs both or none: TensorFlow's weights are read by h5py."""
    versions = pinned(target)
    assert ("tensorflow" in versions) == ("h5py" in versions) == (target.python < "3.14")
