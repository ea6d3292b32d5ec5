"""A private folder is one that nobody else can exchange; files of somebody else in it are not read."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from zk.runtime import ownership

pytestmark = pytest.mark.skipif(not ownership.has_owners, reason="the system has no owners of files")
SETTING = "name another"
STRANGER = 12345
AS_ROOT = pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture(autouse=True)
def shared_groups(monkeypatch):
    """Every group has other members, whatever groups this machine has."""
    monkeypatch.setattr(ownership, "_is_private_group", lambda gid: False)


def make(path: Path) -> Path:
    return ownership.make_private(path, SETTING)


def test_a_private_folder_is_made_with_all_above_it(tmp_path):
    made = make(tmp_path / "a" / "b" / ".." / "c")
    assert made == tmp_path / "a" / "c" and not (tmp_path / "a" / "b").exists()
    assert stat.S_IMODE(made.stat().st_mode) == stat.S_IMODE(made.parent.stat().st_mode) == 0o700
    assert make(made) == made


def test_our_own_folder_becomes_private(tmp_path):
    (tmp_path / "cache").mkdir(mode=0o755)
    assert stat.S_IMODE(make(tmp_path / "cache").stat().st_mode) == 0o700


@pytest.mark.parametrize("place", ["", "a", "a/b"])
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o722])
def test_a_folder_that_others_can_write_is_refused_all_the_way_up(tmp_path, place, mode):
    (tmp_path / "home" / "a" / "b").mkdir(parents=True)
    (tmp_path / "home" / place).chmod(mode)
    sentence = f"{place or 'home'} can be changed by other users: make it yours alone with chmod go-w, or {SETTING}"
    with pytest.raises(PermissionError, match=sentence):
        make(tmp_path / "home" / "a" / "b")


def test_a_sticky_folder_may_be_above_but_not_the_folder_itself(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    assert make(tmp_path / "tmp" / "cache").is_dir()
    with pytest.raises(PermissionError, match="tmp can be changed"):
        make(tmp_path / "tmp")


def test_links_are_followed_once_and_each_of_their_folders_is_checked(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to("good")
    (tmp_path / "absolute").symlink_to(tmp_path / "link" / ".." / "good")
    (tmp_path / "to open").symlink_to(tmp_path / "open")
    (tmp_path / "open" / "back").symlink_to(tmp_path / "good")
    assert make(tmp_path / "link" / "cache") == make(tmp_path / "absolute" / "cache") == tmp_path / "good" / "cache"
    for path in ("to open/cache", "to open", "open/back/cache"):
        with pytest.raises(PermissionError, match="open can be changed by other users"):
            make(tmp_path / path)
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="too many links"):
        make(tmp_path / "a")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        make(tmp_path / "file" / "cache")


@AS_ROOT
def test_folders_and_links_of_somebody_else_are_refused(tmp_path):
    (tmp_path / "his").mkdir()
    os.chown(tmp_path / "his", STRANGER, -1)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    (tmp_path / "tmp" / "link").symlink_to(tmp_path)
    os.chown(tmp_path / "tmp" / "link", STRANGER, -1, follow_symlinks=False)
    for path in ("his", "his/cache", "tmp/link/cache"):
        with pytest.raises(PermissionError, match="belongs to another user"):
            make(tmp_path / path)


def test_a_folder_of_root_is_trusted_above_but_is_not_our_own(tmp_path, monkeypatch):
    if os.geteuid() == 0:
        monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
        with pytest.raises(PermissionError, match="cache belongs to another user"):
            make(tmp_path / "cache")
    else:
        with pytest.raises(PermissionError):
            make(Path("/"))


def test_only_our_own_files_are_read(tmp_path, monkeypatch):
    folder = make(tmp_path / "cache" / "module")
    (folder / "file").write_bytes(b"ours")
    (folder / "link").symlink_to(folder / "file")
    (tmp_path / "cache" / "linked").symlink_to(folder)
    assert ownership.read_own(folder / "file") == b"ours"
    for path in (folder / "link", folder, folder / "none", tmp_path / "cache" / "linked" / "file"):
        with pytest.raises(OSError):
            ownership.read_own(path)
    if os.geteuid() == 0:
        os.chown(folder / "file", STRANGER, -1)
        with pytest.raises(FileNotFoundError, match="not this user's"):
            ownership.read_own(folder / "file")
        os.chown(folder / "file", 0, -1)
        os.chown(folder, STRANGER, -1)
        with pytest.raises(FileNotFoundError, match="not this user's"):
            ownership.read_own(folder / "file")


def test_a_pipe_in_place_of_a_file_blocks_nothing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        ownership.read_own(tmp_path / "pipe")


@pytest.mark.parametrize(
    "name, primary, members, is_private",
    [
        ("me", 7, [], True),
        ("me", 7, ["me"], True),
        ("me", 7, ["me", "friend"], False),
        ("staff", 7, [], False),
        ("me", 8, [], False),
    ],
)
def test_a_group_without_another_member_is_nobody_else(tmp_path, monkeypatch, name, primary, members, is_private):
    import grp
    import pwd

    monkeypatch.undo()
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_name="me", pw_gid=primary))
    monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name=name, gr_mem=members))
    ownership._is_private_group.cache_clear()
    assert ownership._is_private_group(7) is is_private
    ownership._is_private_group.cache_clear()


def test_folders_of_a_private_group_may_be_writable_for_it_but_not_for_all(tmp_path, monkeypatch):
    monkeypatch.setattr(ownership, "_is_private_group", lambda gid: True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o775)
    assert stat.S_IMODE(make(tmp_path / "home" / "cache").stat().st_mode) == 0o700
    (tmp_path / "home").chmod(0o777)
    with pytest.raises(PermissionError, match="home can be changed"):
        make(tmp_path / "home" / "cache")
