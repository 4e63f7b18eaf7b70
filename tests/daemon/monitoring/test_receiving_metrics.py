from daemon.monitoring.receiving_metrics import ReceivingMetrics
from daemon.network.receiving.tally import Tally


def test_what_was_counted_is_told():
    tally = Tally()
    for status in (0, 0, 0xA700, 0xC000, 0xA700):
        tally.answered(status)
    tally.took(1000)
    tally.took(24)
    tally.rejected("calling_ae")
    for _ in range(3):
        tally.opened()
    tally.ended("released")
    text, content_type = ReceivingMetrics(tally.counted, lambda: 7).text("")
    lines = text.decode().splitlines()

    assert content_type.startswith("text/plain")
    assert {
        "inboxray_receive_objects_total 2.0",
        "inboxray_receive_bytes_total 1024.0",
        'inboxray_receive_refusals_total{status="A700"} 2.0',
        'inboxray_receive_refusals_total{status="C000"} 1.0',
        'inboxray_receive_rejections_total{cause="calling_ae"} 1.0',
        'inboxray_receive_associations_ended_total{how="released"} 1.0',
        "inboxray_receive_associations_open 2.0",
        "inboxray_receive_commitments_waiting 7.0",
    } <= set(lines)
