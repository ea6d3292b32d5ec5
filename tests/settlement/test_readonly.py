"""A ledger on media that nobody can write to is shown and audited, and what that would need is said."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from settlement.audit import audit
from settlement.ledger import Ledger
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError

NOBODY = 65_534

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "darwin", reason="the test changes users")


@pytest.fixture
def media(tmp_path):
    """A folder with a ledger and its checkpoints, where nobody may write."""
    folder = tmp_path / "media"
    folder.mkdir()
    with Ledger.create(folder / "ledger.sqlite", samples.pool(), NOW_MS) as ledger:
        samples.publish(ledger)
    yield folder
    folder.chmod(0o755)


def protect(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


def as_nobody(action, media: Path) -> str:
    """What `action` returns or refuses with in a process that may not write to the media, which stay as they are."""
    before = {path.name: path.read_bytes() for path in media.iterdir()}
    reading, writing = os.pipe()
    for parent in media.parents:
        if parent.stat().st_uid == os.getuid() and parent != parent.parent:
            parent.chmod(stat.S_IMODE(parent.stat().st_mode) | 0o055)
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            answer = str(action(media / "ledger.sqlite"))
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, answer.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    assert {path.name: path.read_bytes() for path in media.iterdir()} == before
    return answer


def newest(path: Path) -> int:
    with Ledger.open(path, read_only=True) as ledger:
        return ledger.reader.last_event().height


def audited(path: Path) -> tuple[int, tuple[str, ...]]:
    report = audit.audit(path, any_proof)
    return report.events, report.warnings


def test_a_ledger_where_nothing_can_be_written_is_read_and_audited(media):
    protect(media)
    assert as_nobody(newest, media) == "1"
    assert as_nobody(audited, media) == "(2, ())"


def test_it_is_not_opened_for_writing(media):
    protect(media)
    assert "cannot be opened for writing" in as_nobody(Ledger.open, media)


def test_a_file_that_alone_is_read_only_is_not_opened_for_writing_either(media):
    """SQLite opens it without a word, and fails when a bundle has been proved and is written."""
    protect(media)
    media.chmod(0o777)
    assert "cannot be opened for writing: it is read-only" in as_nobody(Ledger.open, media)


def test_where_a_log_waits_one_is_told_to_copy_the_files(media, tmp_path):
    path = media / "ledger.sqlite"
    with Ledger.open(path) as ledger, Ledger.open(path) as reading, reading.reader.reading():
        assert reading.reader.last_event()
        samples.publish(ledger)
        image = tmp_path / "image"
        shutil.copytree(media, image)
    image.joinpath("ledger.sqlite-shm").unlink()
    protect(image)
    said = as_nobody(newest, image)
    assert said.startswith("FormatError: ") and "has a write-ahead log beside it" in said and "copy" in said
    image.chmod(0o755)


def test_a_ledger_that_is_read_takes_no_event(media):
    with Ledger.open(media / "ledger.sqlite", read_only=True) as ledger, pytest.raises(Exception, match="readonly"):
        samples.publish(ledger)


def test_reading_a_ledger_leaves_no_file_beside_it(media):
    before = sorted(path.name for path in media.iterdir())
    assert newest(media / "ledger.sqlite") == 1
    assert sorted(path.name for path in media.iterdir()) == before
    with pytest.raises(FormatError):
        Ledger.open(media / "other", read_only=True)
