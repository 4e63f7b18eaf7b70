"""A recorder as the daemon has one: asks what a batch has to know, and records it in one transaction.

``python -m tests.measure.million.recorder URL RATE SECONDS`` records RATE rows a second, what is due each
fifth of a second as one batch, and prints what came of it, at SIGTERM too; RATE 0: batches of 16, one after
the other.
"""

import json
import os
import random
import signal
import statistics
import sys
import threading
import time
import uuid
from datetime import UTC, datetime

from storage.engine import open_engine
from storage.ledger import Ledger, Question
from storage.records import ModelRecord, PredictionRecord, RunRecord, ScanRecord
from tests.measure.million.rows import MAP, scan_id, uid

EVERY_S = 0.2
BATCH = 16
MODEL = ModelRecord("inboxray-mobilenetv2", "2.0.0", "a" * 64)


def record(number: int, draw: random.Random, now: datetime, seed: int) -> ScanRecord:
    """Return a classified scan, three of which are of one study; ids of studies are scattered."""
    decision = draw.choices(("fractured", "uncertain", "abstained", "not_fractured"), (20, 8, 3, 69))[0]
    probability = draw.random()
    device = draw.randrange(24)
    study = seed + number // 3
    frame = PredictionRecord(1, 1.5, probability, probability, 3.5, decision, MAP, "hand")
    return ScanRecord(
        scan_id=scan_id(now, draw.getrandbits(40)),
        received_at=now,
        finished_at=now,
        source_name=f"late/{uuid.UUID(int=draw.getrandbits(128))}.dcm",
        outcome="classified",
        decision=decision,
        probability=probability,
        score=probability,
        model_sha256=MODEL.sha256,
        pipeline_version="1",
        frames=1,
        modality="DX",
        body_part_examined="HAND",
        laterality="L",
        view_position="PA",
        patient_id=f"{study * 7_368_787 % 10**10:010d}",
        accession_number=f"A{study * 7_368_787 % 10**9:09d}",
        study_instance_uid=uid(study),
        series_instance_uid=uid(study + 10**9),
        sop_instance_uid=uid(seed + 10**10 + number),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        rows=2500,
        columns=2048,
        size_bytes=10_240_512,
        sha256=f"{draw.getrandbits(256):064x}",
        stored_path=f"done/{now:%Y-%m-%d}/{uuid.UUID(int=draw.getrandbits(128))}.dcm",
        durations={"decode": 0.25, "classify": 0.0125},
        device=f"{device:032x}",
        manufacturer=f"Maker {device % 5}",
        manufacturer_model_name=f"Model {device % 11}",
        station_name=f"ROOM{device:02d}",
        region="hand",
        prevalence=0.12,
        predictions=(frame,),
    )


def run(url: str, rate: float, seconds: float, seed: int = 0) -> dict[str, float]:
    """Record for so long.

    Returns
    -------
    dict of str to float
        Rows recorded and due, rows a second, and milliseconds a commit.
    """
    engine = open_engine(url)
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run_id = ledger.begin_run(RunRecord(datetime.now(UTC), "host", "1", "d" * 64, 1))
    seed = seed or time.time_ns() % 10**9
    draw = random.Random(seed)  # noqa: S311
    ended, parent = threading.Event(), os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    begin, done, spent = time.monotonic(), 0, []
    processor = time.process_time()
    while (passed := time.monotonic() - begin) < seconds and not ended.is_set() and os.getppid() == parent:
        due = BATCH if not rate else int(rate * passed) - done
        if due <= 0:
            ended.wait(min(EVERY_S, seconds - passed))
            continue
        now = datetime.now(UTC)
        some = [record(done + number, draw, now, seed) for number in range(min(due, BATCH))]
        start = time.perf_counter()
        ledger.ask(
            Question(
                frozenset(str(one.sha256) for one in some),
                frozenset(str(one.sop_instance_uid) for one in some),
                frozenset(one.stored_path for one in some),
            )
        )
        ledger.record(some, run_id)
        spent.append(1000 * (time.perf_counter() - start))
        done += len(some)
    engine.dispose()
    lasted = time.monotonic() - begin
    return {
        "rows": done,
        "due": rate * lasted if rate else done,
        "rows_per_s": done / lasted,
        "ms_a_row": sum(spent) / max(1, done),
        "processor_ms_a_row": 1000 * (time.process_time() - processor) / max(1, done),
        "commit_p50_ms": statistics.median(spent or [0]),
        "commit_p95_ms": sorted(spent or [0])[int(0.95 * len(spent))],
        "commit_max_ms": max(spent or [0]),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))) + "\n")
