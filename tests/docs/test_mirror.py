"""Each module has its tests where one looks for them: `tests/<package>/<room>/test_<module>.py`.

What crosses modules has a file of its own, named after what it shows.

Break it: move a test file, or add a module without one.
"""

from tests.support.shared import ROOT

PACKAGES = ("daemon", "storage", "model")  # revisions: `tests/storage/test_upgrade.py` and `test_schema.py`
WITHOUT = {
    "daemon/backfill/wish.py": "a value",
    "daemon/execution/dask/plan.py": "a value",
    "daemon/execution/executor.py": "a protocol, and a value; what keeps to it: `test_local`",
    "daemon/network/receiving/terms.py": "values without a method",
    "daemon/network/sending/peer.py": "a protocol",
    "daemon/network/sending/web_statuses.py": "values; `test_stow_peer`, `test_webhook_peer`",
    "daemon/settings/rooms/decoding.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/eligible.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/execution.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/inbox.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/jobs.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/monitoring.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/receiving.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/sending.py": "values; what refuses some: `test_sources`",
    "daemon/settings/rooms/service.py": "values; what refuses some: `test_sources`",
    "model/dicom_results/made_object.py": "a value",
    "model/reading/excerpt.py": "values without a method",
    "model/lab/reproduction/settings.py": "values without a method",
    "storage/indexes.py": "declared; the revisions make the same: `test_schema`",
}
"""Modules in which a test would find nothing to say."""
ACROSS = {
    "daemon/service/test_first_row.py": "what a start imports before its first row",
    "daemon/inbox/test_intake_heaps.py": "the intake beside heaps of files that never end",
    "daemon/inbox/test_intake_marked.py": "the intake where files wait for markers",
    "daemon/inbox/test_intake_put_back.py": "the intake of what the daemon itself put back",
    "daemon/test_every_file_ends.py": "a stateful test of inbox and pipeline",
    "daemon/execution/dask/test_small_cluster.py": "a daemon, a scheduler, workers, and the ends of some",
    "daemon/web/test_browser.py": "the page in a real browser",
    "daemon/web/test_hostile_data.py": "every page, with what others write",
    "daemon/test_spool_states.py": "a stateful test of the spool",
    "daemon/test_release_of_another_size.py": "what a release states, from the file to the row",
    "model/dicom_results/test_validity.py": "other programs find no error in what is made of a scan",
    "model/lab/training/test_build_recipe.py": "what a build makes of its recipe, without TensorFlow",
    "model/lab/training/test_killed.py": "a training in a process of its own, killed and gone on",
    "model/reading/decoders/test_encoded.py": "every decoder, by transfer syntax",
    "model/reading/test_lying_colours.py": "from file to picture, by kind of lie",
    "model/reading/test_lying_geometry.py": "from file to picture, by kind of lie",
    "model/reading/test_lying_streams.py": "from file to picture, by kind of lie",
    "model/reading/test_lying_values.py": "from file to picture, by kind of lie",
    "model/test_cases.py": "cases whose answer is known",
    "model/test_expected_dicom.py": "files whose outcome is known",
    "model/test_peers.py": "other programs read the same values",
    "model/test_same_radiograph.py": "one radiograph in every encoding",
    "model/test_strangers.py": "the shipped release, on what is no bone",
    "storage/test_canary_rows.py": "a row in no view and no count",
    "storage/test_postgresql_roles.py": "the rights of a server's roles",
}
"""Tests of what no module does alone."""

MODULES = [
    path.relative_to(ROOT)
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.name.startswith("__")
]
TESTS = [
    path.relative_to(ROOT / "tests")
    for package in PACKAGES
    for path in sorted((ROOT / "tests" / package).rglob("test_*.py"))
]


def test_a_module_has_its_tests_in_the_file_of_its_name():
    without = {
        str(module)
        for module in MODULES
        if not (ROOT / "tests" / module.with_name(f"test_{module.name}")).is_file()
    }

    assert without == set(WITHOUT), "write the tests, or say in WITHOUT why there are none"


def test_a_test_file_is_named_after_its_module_or_crosses_several():
    across = {
        str(test) for test in TESTS if not (ROOT / test.with_name(test.name.removeprefix("test_"))).is_file()
    }

    assert across == set(ACROSS), "name it after its module, or say in ACROSS what it shows"
