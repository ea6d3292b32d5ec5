"""Folders and files that nobody but this user and root can change, whatever happens after they were checked.

A cache holds what this process runs or believes.  If another user may write to any folder above it, he can put a folder
of his own in its place after every check.  So each folder on the way down, and each link, must belong to this user or
to root and be writable for nobody else; as in sshd (OpenSSH, StrictModes), a sticky folder such as /tmp may be
writable, for in it only the owner of an entry can replace it.  A path that has passed can be changed by nobody else, so
it may be used by name from then on.  Access lists are not looked at, and a system without owners has nothing to check.
"""

import os
import stat
from functools import cache
from pathlib import Path

_MAX_LINKS = 40  # on one path, as in Linux
_ROOT, _PRIVATE = 0, 0o700

has_owners = hasattr(os, "geteuid")


def make_private(path: Path, setting: str) -> Path:
    """The folder, with mode 0700 and created if necessary, under its real path, which contains no link.

    Raises PermissionError when another user can change it or a folder above it; `setting` says in the message how to
    name another folder.  Raises OSError when it cannot be made.
    """
    if not has_owners:
        path.mkdir(parents=True, exist_ok=True)
        return path.resolve()
    path = Path(os.path.abspath(path))
    folder, names, links = Path(path.anchor), list(reversed(path.parts[1:])), 0
    _check(folder, folder.lstat(), setting)
    while names:
        entry = folder.parent if (name := names.pop()) == ".." else folder / name
        try:
            state = entry.lstat()
        except FileNotFoundError:
            entry.mkdir(mode=_PRIVATE, exist_ok=True)
            state = entry.lstat()
        _check(entry, state, setting)
        if not stat.S_ISLNK(state.st_mode):
            folder = entry
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(f"{path} has too many links")
        target = Path(os.readlink(entry))
        folder = Path(target.anchor) if target.anchor else folder
        names.extend(reversed(target.parts[1:] if target.anchor else target.parts))
    state = folder.lstat()
    if state.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user: {setting}")
    if _others_write(state):
        raise PermissionError(_writable(folder, setting))
    if stat.S_IMODE(state.st_mode) != _PRIVATE:
        folder.chmod(_PRIVATE)
    return folder


def _check(entry: Path, state: os.stat_result, setting: str) -> None:
    """Refuses a link or folder that another user could replace, or in which he could replace an entry."""
    if not is_own(state):
        raise PermissionError(f"{entry} belongs to another user, who could exchange what is in it: {setting}")
    if stat.S_ISLNK(state.st_mode):
        return  # whoever may replace it may write to its folder, which has been checked
    if not stat.S_ISDIR(state.st_mode):
        raise NotADirectoryError(f"{entry} is not a folder")
    if _others_write(state) and not state.st_mode & stat.S_ISVTX:
        raise PermissionError(_writable(entry, setting))


def _others_write(state: os.stat_result) -> bool:
    """Whether somebody else may write to a file or folder, whose owner is this user or root."""
    is_groups = bool(state.st_mode & stat.S_IWGRP) and not _is_private_group(state.st_gid)
    return is_groups or bool(state.st_mode & stat.S_IWOTH)


@cache
def _is_private_group(gid: int) -> bool:
    """Whether this user is the only member of a group: it is the user's own, has the user's name, and lists no other.

    Debian's sshd relaxes StrictModes in the same way.
    """
    import grp
    import pwd

    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:  # a user or group without a name, as in a container
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _writable(folder: Path, setting: str) -> str:
    return f"{folder} can be changed by other users: make it yours alone with chmod go-w, or {setting}"


def is_own(state: os.stat_result) -> bool:
    """Whether a file or folder is this user's or root's.  In a private folder nobody else can write to those."""
    return not has_owners or state.st_uid in (_ROOT, os.geteuid())


def read_own(path: Path) -> bytes:
    """The content of a file in a private folder, or in a folder directly below one.

    Raises FileNotFoundError when the file or its folder is somebody else's, from a time when the private folder was
    not private, and OSError when it cannot be read, or when either is a link.  Both are open while they are looked at.
    """
    if not has_owners:
        return path.read_bytes()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        file = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with open(file, "rb") as content:
            state = os.fstat(file)
            if not (is_own(os.fstat(folder)) and is_own(state) and stat.S_ISREG(state.st_mode)):
                raise FileNotFoundError(f"{path} is not this user's")
            return content.read()
    finally:
        os.close(folder)
