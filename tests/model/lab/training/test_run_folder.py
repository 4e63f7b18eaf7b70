import json

import pytest

from model.lab.training.run_folder import RunError, open_run

SETTINGS = {"steps": 3, "name": "n"}
DIGESTS = {"data": "d" * 64, "threads": {"tensorflow": 2}}


def opened(path, settings=SETTINGS, digests=DIGESTS, *, resume=False):
    return open_run(path, settings, digests, lambda _: None, resume=resume)


def test_a_run_keeps_its_settings_and_digests(tmp_path):
    run = opened(tmp_path / "run")

    assert json.loads((run.path / "settings.json").read_text()) == SETTINGS
    assert run.digests() == DIGESTS


def test_the_log_and_the_listener_hear_the_same(tmp_path):
    found_warnings = []
    run = open_run(tmp_path, SETTINGS, DIGESTS, found_warnings.append, resume=False)

    run.log_stage("fit", 1, 2, loss=0.5)
    run.show("features", 3, 4)

    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == [{"stage": "fit", "done": 1, "total": 2, "loss": 0.5}]
    assert [(one.stage, one.done, one.total) for one in found_warnings] == [("fit", 1, 2), ("features", 3, 4)]


def test_a_run_goes_on_and_says_so(tmp_path):
    opened(tmp_path).log_stage("fit", 1, 2)

    opened(tmp_path, resume=True)

    assert [json.loads(line)["stage"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [
        "fit",
        "resume",
    ]


def test_a_run_to_resume_that_never_began_begins(tmp_path):
    assert opened(tmp_path, resume=True).digests() == DIGESTS


def test_a_run_is_not_begun_over_another(tmp_path):
    opened(tmp_path)

    with pytest.raises(RunError, match="add --resume"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("settings", "digests", "words"),
    [
        ({"steps": 4}, {}, "steps of its settings.json was 3 and is 4 now"),
        ({"added": 1}, {}, "begun by another version of inboxray, as added of its settings.json shows"),
        ({}, {"data": "e" * 64}, "data of its digests.json was"),
        ({}, {"threads": {"tensorflow": 1}}, "threads of its digests.json"),
    ],
)
def test_a_run_does_not_go_on_as_another(tmp_path, settings, digests, words):
    opened(tmp_path)

    with pytest.raises(RunError, match=words):
        opened(tmp_path, {**SETTINGS, **settings}, {**DIGESTS, **digests}, resume=True)
    assert json.loads((tmp_path / "settings.json").read_text()) == SETTINGS


def test_a_figure_that_is_no_number_does_not_get_into_the_log(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        opened(tmp_path).log_stage("fit", loss=float("nan"))
