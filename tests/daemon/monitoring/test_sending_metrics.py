from daemon.monitoring.sending_metrics import SendingMetrics, Sent


def test_it_is_read_at_each_scrape():
    known, paused = {}, []
    metrics = SendingMetrics(lambda: known, lambda: bool(paused))
    assert b"inboxray_send_paused 0.0" in metrics.text("")[0]
    known["file:///srv"] = Sent({"waiting": 3}, 12.5, 2, {"confirmed": 7}, {"connect": 1})
    paused.append(1)
    text, content_type = metrics.text("")

    assert content_type.startswith("text/plain")
    for line in (
        'inboxray_outbox_objects{destination="file:///srv",state="waiting"} 3.0',
        'inboxray_outbox_oldest_seconds{destination="file:///srv"} 12.5',
        'inboxray_send_failing_attempts{destination="file:///srv"} 2.0',
        'inboxray_send_objects_total{answer="confirmed",destination="file:///srv"} 7.0',
        'inboxray_send_failures_total{destination="file:///srv",step="connect"} 1.0',
        "inboxray_send_paused 1.0",
    ):
        assert line in text.decode()
