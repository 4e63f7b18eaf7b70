from model.reading.network_input import HALF_SIZE, PIPELINE_VERSION, pipeline_version


def test_a_scan_at_half_size_took_another_way():
    assert pipeline_version(()) == pipeline_version(["pydicom_userwarning"]) == PIPELINE_VERSION
    assert pipeline_version(["constant_picture", HALF_SIZE]) not in ("", PIPELINE_VERSION)
