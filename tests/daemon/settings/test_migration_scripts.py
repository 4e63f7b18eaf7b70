from daemon.settings.migration_scripts import script_location


def test_the_revisions_lie_where_it_says():
    folder = script_location()
    assert (folder / "env.py").is_file()
    assert list((folder / "versions").glob("0001_*.py"))
