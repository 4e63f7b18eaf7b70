import re
import uuid

from model.dicom_results.derived_uid import derived_uid


def test_a_uid_follows_from_what_it_names_and_from_nothing_else():
    """Break it: draw the UID by chance, or leave out the separator."""
    assert derived_uid("a", "b") == derived_uid("a", "b")
    assert len({derived_uid(*parts) for parts in (("a", "b"), ("b", "a"), ("ab",), ("a", "b", ""))}) == 4


def test_it_is_one_of_those_that_uuids_have():
    for number in range(50):
        made = derived_uid(str(number))
        assert re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", made)
        one = uuid.UUID(int=int(made.rpartition(".")[2]))
        assert (one.version, one.variant) == (8, uuid.RFC_4122)


def test_the_form_of_objects_is_pinned():
    """Composing them in another way makes other objects: then the form is counted up, and this is changed."""
    assert derived_uid("pinned") == "2.25.325625901713152607317175426182709829299"
