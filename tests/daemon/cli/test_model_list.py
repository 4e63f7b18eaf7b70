import json
import shutil

import pytest

from daemon.cli.model_list import COLUMNS, _within_auroc
from daemon.settings.chosen_release import FILE_NAME, Choice, write_choice
from daemon.spool.lock import hold_lock
from model.release import find_release, shipped_folders
from tests.support.release import shipped_release


@pytest.fixture
def other(tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(find_release(), folder)
    manifest = folder / "release.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": "99.0", "evaluation": {}}))
    return folder


def listed(call, spool, returncode=0, **settings):
    end = call(spool, "model", "list", "--format", "json", **settings)
    assert end.returncode == returncode, end.stderr
    return {row["path"]: row for row in json.loads(end.stdout)}


def test_by_default_the_newest_that_ships_answers(tmp_path, call):
    rows = listed(call, tmp_path / "none")
    assert list(rows) == [str(folder) for folder in shipped_folders()]
    first = rows[str(find_release())]
    assert tuple(first) == COLUMNS
    assert (first["model"], first["input_size"], first["in_use"], first["previous"], first["fault"]) == (
        shipped_release().label,
        shipped_release().shape.input_size,
        "newest",
        False,
        None,
    )
    assert [row["in_use"] for row in rows.values()].count(None) == len(rows) - 1
    assert shipped_release().label in call(tmp_path, "model", "list").stdout


def test_the_chosen_one_and_the_one_before_are_marked(tmp_path, other, call):
    write_choice(tmp_path, Choice(str(other), find_release().name))
    rows = listed(call, tmp_path)
    marks = {path: (row["in_use"], row["previous"]) for path, row in rows.items() if row["in_use"]}
    assert marks == {str(other): ("choice", False)}
    assert [path for path, row in rows.items() if row["previous"]] == [str(find_release())]
    assert rows[str(other)]["model"].endswith("@99.0")
    assert rows[str(other)]["within_auroc"] is None


def test_that_a_running_daemon_has_another_one_is_said_there_and_in_the_status(spool, other, call):
    """Break it: compare with nothing. After `model use` rows name a release that the list does not."""
    label = shipped_release().label
    spool.status_file.write_text(json.dumps({"model": label, "state": "running"}))
    for chosen, is_other in ((find_release().name, False), (str(other), True)):
        write_choice(spool.root, Choice(chosen))
        with hold_lock(spool):
            running = [call(spool.root, *words).stderr for words in (("model", "list"), ("status",))]
        ended = call(spool.root, "model", "list").stderr
        assert [f"still answers with {label}" in words for words in (*running, ended)] == [
            *(is_other, is_other, False)
        ]


def test_that_there_is_no_spool_is_said(tmp_path, call):
    assert "there is no spool at" in call(tmp_path / "typo", "model", "list").stderr


def test_a_setting_decides_and_is_named(tmp_path, other, call):
    write_choice(tmp_path, Choice(find_release().name))
    rows = listed(call, tmp_path, model=other)
    assert [row["model"] for row in rows.values() if row["in_use"] == "setting"] == [
        f"{shipped_release().name}@99.0"
    ]
    assert "environment INBOXRAY_MODEL" in call(tmp_path, "model", "list", model=other).stderr


def test_one_that_is_gone_or_changed_is_listed_with_what_is_wrong(tmp_path, other, call):
    write_choice(tmp_path, Choice(find_release().name, str(other)))
    (other / "network.tflite").write_bytes(b"other")
    rows = listed(call, tmp_path)
    assert "sha256 differs" in rows[str(other)]["fault"]
    assert rows[str(find_release())]["in_use"] == "choice"
    shutil.rmtree(other)
    end = call(tmp_path, "model", "list")
    assert (end.returncode, "not usable: release.json of the release at" in end.stderr) == (0, True)


def test_what_there_is_to_choose_from_is_listed_though_the_choice_is_malformed_or_gone(tmp_path, call):
    (tmp_path / FILE_NAME).write_text("{")
    assert set(listed(call, tmp_path, returncode=78)) == {str(folder) for folder in shipped_folders()}
    assert "is malformed" in call(tmp_path, "model", "list").stderr
    write_choice(tmp_path, Choice("gone-1.0"))
    rows = listed(call, tmp_path, returncode=78)
    assert {row["in_use"] for row in rows.values()} == {None}


@pytest.mark.parametrize(
    ("evaluation", "auroc"),
    [
        ({"assessment": {"groups": [{"figures": {"within_auroc": {"value": 0.75}}}]}}, 0.75),
        ({"assessment": {"groups": [{"figures": {"within_auroc": {"value": None}}}]}}, None),
        ({"assessment": {"groups": []}}, None),
        ({"assessment": []}, None),
        ({}, None),
    ],
)
def test_the_headline_is_that_of_the_report_if_there_is_one(evaluation, auroc):
    assert _within_auroc(evaluation) == auroc
