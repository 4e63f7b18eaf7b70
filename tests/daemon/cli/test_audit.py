import json


def test_it_shows_who_had_what_done(recorded, call, tmp_path):
    call(recorded, "export", str(tmp_path / "Meyer^Anna.csv"))
    end = call(recorded, "audit", "--format", "json")
    (row,) = json.loads(end.stdout)

    assert (row["command"], row["outcome"], row["facts"]) == ("export", "done", {"rows": 4})
    assert row["user"]
    assert "Meyer" not in end.stdout + (recorded / ".audit.jsonl").read_text()
    assert "rows 4" in call(recorded, "audit").stdout


def test_a_time_leaves_out_what_was_before(recorded, call, tmp_path):
    call(recorded, "export", str(tmp_path / "a.csv"))

    assert json.loads(call(recorded, "audit", "--since", "2999-01-01", "--format", "json").stdout) == []
    assert len(json.loads(call(recorded, "audit", "--since", "2020-01-01", "--format", "json").stdout)) == 1


def test_lines_that_cannot_be_read_are_counted(recorded, call):
    (recorded / ".audit.jsonl").write_text("cut\nshort")
    end = call(recorded, "audit")

    assert end.returncode == 0
    assert "2 lines of the file cannot be read" in end.stderr


def test_a_spool_without_any_act_has_an_empty_trail(recorded, call):
    assert json.loads(call(recorded, "audit", "--format", "json").stdout) == []
