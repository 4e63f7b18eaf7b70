"""Where each row of the list of faults is shown: here, or beside the module that keeps the promise."""

import ast
from pathlib import Path

import pytest

from tests.support.shared import ROOT

SHOWN = {
    1: "faults/test_01_to_06_arrivals.py::test_01 daemon/test_watcher.py::test_an_overflow",
    2: "faults/test_01_to_06_arrivals.py::test_02 daemon/test_loop.py::test_without_events",
    3: "faults/test_01_to_06_arrivals.py::test_03 daemon/test_watcher.py::test_the_death_of_any",
    4: "faults/test_01_to_06_arrivals.py::test_04 daemon/test_loop.py::test_an_inbox_that_is_replaced",
    5: "faults/test_01_to_06_arrivals.py::test_05",
    6: "faults/test_01_to_06_arrivals.py::test_06 daemon/test_finish.py::test_a_file_that_is_written_to",
    7: "faults/test_07_08_09_repeats.py::test_07",
    8: "faults/test_07_08_09_repeats.py::test_08",
    9: "faults/test_07_08_09_repeats.py::test_09 daemon/test_answer.py::test_one_instance_with_other_bytes",
    10: "faults/test_10_11_15_35_36_places.py::test_10",
    11: "faults/test_10_11_15_35_36_places.py::test_11 daemon/test_watches.py::test_a_folder_without_a_watch",
    12: "faults/test_12_special_files.py::test_",
    13: "faults/test_13_links.py::test_ daemon/test_claim.py::test_a_folder_that_became_a_link",
    14: "faults/test_14_names.py::test_",
    15: "faults/test_10_11_15_35_36_places.py::test_15 daemon/test_spool.py::test_folders_that_no_rename",
    31: "faults/test_31_32_kills.py::test_kills_at_random_moments",
    32: "faults/test_31_32_kills.py::test_a_kill_at_each_step",
    33: "faults/test_33_power_loss.py::test_",
    34: "faults/test_34_55_disk.py::test_34 daemon/test_finish.py::test_a_disk_that_cannot_sync",
    35: "faults/test_10_11_15_35_36_places.py::test_35",
    36: "faults/test_10_11_15_35_36_places.py::test_35_36 storage/test_translate.py::test_a_read_only",
    37: "faults/test_37_38_52_database.py::test_37 storage/test_translate.py::test_a_server_that_stops",
    38: "faults/test_37_38_52_database.py::test_38",
    39: "faults/test_37_38_52_database.py::test_39 daemon/test_record.py::test_a_locked_sqlite",
    40: "storage/test_revision.py::test_a_revision_that_fails storage/test_revision.py::test_four_at_once",
    41: "faults/test_41_42_44_53_56_lives.py::test_41 daemon/test_spool.py::test_a_killed_daemon",
    42: "faults/test_41_42_44_53_56_lives.py::test_42 daemon/test_service.py::test_sigterm",
    43: "daemon/test_settle.py::test_a_wall_clock daemon/test_schedule.py::test_a_clock_that_was_set",
    44: "faults/test_41_42_44_53_56_lives.py::test_44",
    45: "model/test_release.py::test_",
    46: "daemon/test_answer.py::test_a_frame_without_a_finite daemon/test_answer.py::test_outputs_of_a_wrong",
    47: "storage/test_export.py::test_cells storage/test_export.py::test_any_text_comes_back",
    48: "storage/test_export.py::test_a_killed_export",
    49: "faults/test_49_patient_data.py::test_49 daemon/test_finish.py::test_log_lines_hold_no_name",
    50: "faults/test_50_permissions.py::test_50 test_systemd.py::test_the_units_are_hardened",
    51: "faults/test_51_alive_but_stuck.py::test_",
    52: "faults/test_37_38_52_database.py::test_52 storage/test_ledger.py::test_one_odd_header",
    53: "faults/test_41_42_44_53_56_lives.py::test_53 daemon/test_pipeline.py::test_a_file_that_was_there",
    54: "daemon/test_decoder_pool.py::test_idle_children daemon/test_decoder_pool.py::test_children_end_with",
    55: "faults/test_34_55_disk.py::test_55 daemon/test_finish.py::test_a_move_that_fails",
    56: "faults/test_41_42_44_53_56_lives.py::test_56 daemon/cli/test_database.py::test_a_backup_is_restored",
}


@pytest.mark.parametrize("row", SHOWN)
def test_each_row_is_shown_where_this_says(row):
    for place in SHOWN[row].split():
        path, _, beginning = place.partition("::")
        tree = ast.parse((Path(ROOT) / "tests" / path).read_text())
        names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        assert any(name.startswith(beginning) for name in names), place
