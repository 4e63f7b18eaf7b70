from model.reading.network_input import PIPELINE_VERSION, REDUCED, odd_signs, pipeline_version


def test_a_scan_at_a_lower_resolution_took_another_way():
    """Break it: give both one version. The answer of one is taken for the other's."""
    assert pipeline_version(()) == pipeline_version(["pydicom_userwarning"]) == PIPELINE_VERSION
    assert pipeline_version(["constant_picture", REDUCED]) not in ("", PIPELINE_VERSION)


def test_what_is_not_odd_is_no_warning():
    assert odd_signs(("constant_picture", REDUCED)) == ("constant_picture",)
    assert odd_signs(()) == ()
