import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.decoding.from_settings import eligibility
from daemon.settings.fields import Settings
from model.reading.eligibility import Eligibility
from tests.support.daemons import environment, inboxray, rows
from tests.support.deadlines import scaled
from tests.support.pictures import dicom_bytes, png_bytes


def test_the_settings_exclude_nothing_unless_they_say_so():
    assert Eligibility() == eligibility(Settings())


def test_every_setting_arrives():
    settings = Settings(
        modalities="dx, cr",
        exclude_modalities=["us"],
        body_parts='["upper  leg"]',
        exclude_body_parts="CHEST",
        presentation="PRESENTATION",
        secondary_captures=False,
        derived_images=False,
        localizers=False,
    )
    assert eligibility(settings) == Eligibility(
        modalities=frozenset({"DX", "CR"}),
        exclude_modalities=frozenset({"US"}),
        body_parts=frozenset({"UPPER LEG"}),
        exclude_body_parts=frozenset({"CHEST"}),
        presentation="presentation",
        takes_secondary_captures=False,
        takes_derived=False,
        takes_localizers=False,
    )


def test_an_empty_code_is_refused():
    with pytest.raises(ValueError, match="none of them empty"):
        Settings(modalities=["DX", " "])


def test_an_excluded_scan_is_rejected_and_classified_on_requeue_after_the_setting_changed(tmp_path):
    spool = tmp_path / "spool"
    (spool / "inbox").mkdir(parents=True)
    (spool / "inbox" / "hand.dcm").write_bytes(dicom_bytes(1, BodyPartExamined="HAND"))
    (spool / "inbox" / "picture.png").write_bytes(png_bytes(2))
    quick = {"settle_s": 0, "look_interval_ms": 10}
    end = inboxray(spool, "once", body_parts="WRIST", **quick)
    assert end.returncode == 0, end.stderr
    found = {row["source_name"]: row for row in rows(spool)}
    assert found["picture.png"]["outcome"] == "classified"
    first = found["hand.dcm"]
    assert (first["outcome"], first["error_code"]) == ("rejected", "excluded_body_part")
    assert (first["body_part_examined"], first["decision"]) == ("HAND", None)
    assert first["stored_path"].startswith("done/")
    assert inboxray(spool, "requeue", first["scan_id"]).returncode == 0
    assert inboxray(spool, "once", body_parts="wrist,hand", **quick).returncode == 0
    (again,) = rows(spool, where="requeued_from IS NOT NULL")
    assert (again["outcome"], again["requeued_from"]) == ("classified", first["scan_id"])


def test_files_are_answered_from_a_folder_that_nobody_may_enter(tmp_path):
    """As a service's account is called from root's home; a folder that is gone refuses root too."""
    inbox = tmp_path / "spool" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "scan.png").write_bytes(png_bytes(1))
    gone = tmp_path / "gone"
    gone.mkdir()
    root = Path(__file__).resolve().parents[3]
    end = subprocess.run(
        [
            *("sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "$@"', "sh"),
            *(sys.executable, "-P", "-c", "from daemon.cli import main; main()", "once"),
        ],
        env=environment(tmp_path / "spool", settle_s=0.1, look_interval_ms=20)
        | {"PYTHONPATH": os.fspath(root)},
        capture_output=True,
        text=True,
        timeout=scaled(100),
        check=False,
    )
    assert end.returncode == 0, end.stderr
    assert [row["outcome"] for row in rows(tmp_path / "spool", "outcome")] == ["classified"]
