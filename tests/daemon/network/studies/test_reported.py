from daemon.network.studies.reported import Reported, ReportedStudies, key_of


def test_what_was_noted_is_known_again(tmp_path):
    first = Reported(2, "study_a", "state", ("hook-1",), {"sha256": "a" * 64})
    ReportedStudies(tmp_path).put(key_of("1.2", "x"), first)
    again = ReportedStudies(tmp_path)
    assert again.get(key_of("1.2", "y")) == first
    assert again.get(key_of("1.3", "x")) is None


def test_studies_that_share_a_file_do_not_lose_one_another(tmp_path):
    noted = ReportedStudies(tmp_path)
    keys = ("abc" + "0" * 29, "abc" + "1" * 29)
    for number, key in enumerate(keys, start=1):
        noted.put(key, Reported(number, "id", "state"))
    assert [noted.get(key).number for key in keys] == [1, 2]
    assert len(list((tmp_path / "reported").iterdir())) == 1


def test_a_damaged_file_costs_a_correction_and_no_stop(tmp_path):
    noted = ReportedStudies(tmp_path)
    key = key_of(None, "scan")
    noted.put(key, Reported(1, "id", "state"))
    (file,) = (tmp_path / "reported").iterdir()
    for content in ("half", "[]", f'{{"{key}": {{"number": 1, "notified": []}}}}'):
        file.write_text(content)
        assert noted.get(key) is None
    noted.put(key, Reported(1, "id", "state"))
    assert noted.get(key) is not None


def test_no_uid_can_be_read_from_a_key():
    assert "1.2.3" not in key_of("1.2.3", "scan")
    assert key_of("1.2.3", "scan") == key_of("1.2.3", "other")
    assert key_of(None, "scan") != key_of(None, "other")
