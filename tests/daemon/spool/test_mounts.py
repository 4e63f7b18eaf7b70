from pathlib import Path

import pytest

from daemon.spool.mounts import filesystem_type, is_network, is_silent

LINE = "36 35 98:0 /root {} rw,noatime master:1 - {} /dev/x rw,errors=continue\n"


def table(tmp_path, *mounts):
    path = tmp_path / "mountinfo"
    path.write_text("".join(LINE.format(point, kind) for point, kind in mounts), encoding="utf-8")
    return path


def test_the_innermost_mount_counts_wherever_it_stands(tmp_path):
    mounts = table(tmp_path, (f"{tmp_path}/a", "nfs4"), ("/", "ext4"), (f"{tmp_path}/a/b", "xfs"))
    for folder in ("a/b/c", "a/bc", "ab"):
        (tmp_path / folder).mkdir(parents=True)
    kinds = [filesystem_type(tmp_path / folder, mounts) for folder in ("a/b/c", "a/b", "a/bc", "ab")]
    assert kinds == ["xfs", "xfs", "nfs4", "ext4"]


def test_a_later_mount_covers_an_earlier_one_at_the_same_place(tmp_path):
    assert filesystem_type(tmp_path, table(tmp_path, ("/", "ext4"), ("/", "cifs"))) == "cifs"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("X rays", "X\\040rays"),
        ("a\\b", "a\\134b"),
        ("Röntgen", "Röntgen"),
        ("レントゲン 1", "レントゲン\\0401"),
    ],
)
def test_a_mount_with_any_name_is_found(tmp_path, name, written):
    (tmp_path / name).mkdir()
    mounts = table(tmp_path, ("/", "ext4"), (f"{tmp_path}/{written}", "nfs4"))
    assert filesystem_type(tmp_path / name, mounts) == "nfs4"


def test_a_name_that_is_not_utf8_disturbs_nobody(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_bytes(LINE.format("/", "ext4").encode() + LINE.format("/m\xff", "nfs").encode("latin-1"))
    assert filesystem_type(tmp_path, mounts) == "ext4"


def test_links_are_followed_to_where_the_files_are(tmp_path):
    (tmp_path / "share").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "share")
    mounts = table(tmp_path, ("/", "ext4"), (f"{tmp_path}/share", "nfs"))
    assert filesystem_type(tmp_path / "link", mounts) == "nfs"


def test_a_kernel_that_does_not_tell(tmp_path):
    assert filesystem_type(tmp_path, tmp_path / "nothing") is None
    assert not is_network(None)


def test_the_kernel_of_now_is_understood():
    assert filesystem_type(Path("/proc")) == "proc"


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs"]
)
def test_network_file_systems_are_known(kind):
    assert is_network(kind)
    assert is_silent(kind)


@pytest.mark.parametrize("kind", ["virtiofs", "fakeowner", "fuse.grpcfuse", "vboxsf"])
def test_folders_of_a_virtual_machines_host_give_no_events_and_may_hold_sqlite(kind):
    assert is_silent(kind)
    assert not is_network(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuseblk", "zfs"])
def test_local_file_systems_are_not_taken_for_them(kind):
    assert not is_silent(kind)
