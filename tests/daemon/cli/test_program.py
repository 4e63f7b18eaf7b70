import subprocess
import sys

import pytest

from tests.support.daemons import environment, inboxray

COMMANDS = (
    "run",
    "once",
    "classify",
    "results",
    "export",
    "explain",
    "requeue",
    "status",
    "db",
    "model",
    "config",
)


def test_help_lists_the_commands_and_is_on_stdout(tmp_path):
    end = inboxray(tmp_path, "--help")
    assert (end.returncode, end.stderr) == (0, "")
    for command in [
        "run",
        "once",
        "classify",
        "results",
        "export",
        "explain",
        "requeue",
        "status",
        "db",
        "model",
        "config",
    ]:
        assert f"\n  {command} " in end.stdout


def test_version(tmp_path):
    assert "inboxray 0." in inboxray(tmp_path, "--version").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["bogus"],
        [],
        ["results", "--bogus"],
        ["results", "--limit", "none"],
        ["results", "--since", "yesterday"],
        ["results", "--decision", "broken"],
        ["requeue"],
        ["requeue", "--failed", "some-id"],
        ["explain"],
        ["export", "a.ods"],
        ["classify"],
    ],
    ids=" ".join,
)
def test_usage_is_64_with_nothing_on_stdout(arguments, tmp_path, call):
    end = call(tmp_path / "spool", *arguments)
    assert (end.returncode, end.stdout) == (64, "")
    assert "Usage: inboxray" in end.stderr


@pytest.mark.parametrize(
    "arguments", [["results"], ["export", "-"], ["explain", "01"], ["requeue", "--failed"]]
)
def test_without_a_database_they_say_so_and_make_none(arguments, tmp_path, call):
    end = call(tmp_path / "spool", *arguments)
    assert (end.returncode, end.stdout) == (66, "")
    assert "inboxray: there is no results database" in end.stderr
    assert not (tmp_path / "spool").exists()


def test_a_database_server_that_is_away_is_69(tmp_path):
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    end = inboxray(tmp_path, "results", "--database-url", url)
    assert (end.returncode, end.stdout) == (69, "")
    assert "secret" not in end.stderr


@pytest.mark.parametrize("before", [True, False])
def test_places_stand_before_or_after_the_command(before, recorded, tmp_path, call):
    place = ["--spool", str(recorded)]
    arguments = [*place, "results"] if before else ["results", *place]
    end = call(tmp_path / "elsewhere", *arguments, "--format", "csv")
    assert (end.returncode, len(end.stdout.splitlines())) == (0, 5)


def test_the_process_itself_ends_with_64(tmp_path):
    assert inboxray(tmp_path, "bogus", fresh=True).returncode == 64


def test_a_misspelt_variable_is_78(tmp_path):
    end = inboxray(tmp_path, "results", spol="x")
    assert end.returncode == 78
    assert "did you mean INBOXRAY_SPOOL?" in end.stderr


def test_help_of_run_loads_no_network_and_no_database(tmp_path):
    end = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "daemon", "run", "--help"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in end.stderr.splitlines()}
    assert "typer" in loaded
    assert set() == loaded & {
        "tensorflow",
        "keras",
        "ai_edge_litert",
        "pydicom",
        "sqlalchemy",
        "numpy",
        "cv2",
    }


def test_the_daemon_s_start_imports_no_other_command(tmp_path):
    """Break it: import all commands for each. Every start of the daemon pays for them."""
    asked = (
        "import sys\nfrom daemon.cli.program import main\n"
        "try:\n    main(['run', '--spool', sys.argv[1], '--no-such-option'])\n"
        "except SystemExit as end:\n    print(end.code, *[one for one in sys.modules if 'rehearse' in one])"
    )
    end = subprocess.run([sys.executable, "-c", asked, tmp_path], capture_output=True, text=True, check=True)
    assert end.stdout.split() == ["64"], end.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--spool", "run", "reslts"], "Did you mean 'results'?"),
        (["--spool", "run", "results", "--help"], "Show answers"),
        (["run", "--help"], "Watch the inbox"),
        (["--help", "run"], "rehearse"),
    ],
)
def test_a_word_that_names_the_daemon_hides_no_other_command(arguments, words, tmp_path):
    end = inboxray_alone(*arguments, cwd=tmp_path)
    assert words in end.stdout + end.stderr


def inboxray_alone(*arguments, cwd):
    code = "import sys; from daemon.cli.program import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


def test_no_plugin_of_pydantic_sees_the_settings(tmp_path):
    """Break it: forget the variable. Any package of the environment could read the database's password."""
    (tmp_path / "onlooker.py").write_text("import sys\nsys.exit('an onlooker was imported')\n")
    about = tmp_path / "onlooker-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: onlooker\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pydantic]\nonlooker = onlooker\n")
    end = subprocess.run(
        [sys.executable, "-m", "daemon", "config", "show"],
        env=environment(tmp_path / "spool") | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (end.returncode, "onlooker" in end.stderr) == (0, False), end.stderr
