from storage.questions import chunks


def test_values_are_cut_into_lists_without_copies_in_their_order():
    assert list(chunks(["b", "a", "b", "c"], size=2)) == [["b", "a"], ["c"]]
    assert list(chunks([])) == []
