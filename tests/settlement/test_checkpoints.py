"""What was acknowledged is there, or its absence is found: the file of settled events, and the log that SQLite cuts."""

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import CIPHERTEXT_BYTES
from settlement.ledger import Ledger
from settlement.storage import checkpoints
from settlement.storage.checkpoints import LINE_BYTES, Checkpoint, Checkpoints, EventsLost
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from zk.errors import FormatError


def settle(ledger: Ledger, *made) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), NOW_MS, any_proof)


def swap(ledger: Ledger) -> tuple[samples.Made, samples.Made]:
    return make(ledger, change(USDC=-30, ETH=2)), make(ledger, change(USDC=30, ETH=-2))


@pytest.fixture
def path(tmp_path):
    """A ledger with one deposit."""
    made = tmp_path / "ledger.sqlite"
    with Ledger.create(made, samples.pool(), NOW_MS) as ledger:
        settle(ledger, make(ledger, change(USDC=50), [samples.flow(0, 50)]))
    return made


def lines(path: Path) -> list[bytes]:
    return Checkpoints(path).path.read_bytes().splitlines(keepends=True)


def test_every_event_has_a_settled_line(path):
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        assert settle(ledger, *swap(ledger)).is_checkpointed
        history = ledger.reader.events()
    assert Checkpoints(path).settled() == [Checkpoint(event.height, event.digest) for event in history]
    assert Checkpoints(path).newest() == Checkpoint(3, history[-1].digest)
    assert lines(path)[3] == b"%020d %s settled\n" % (3, history[-1].digest.hex().encode())
    assert audit.audit(path, any_proof).warnings == ()


def test_after_a_settlement_the_file_alone_has_everything(path):
    with Ledger.open(path) as ledger:
        receipt = settle(ledger, *swap(ledger))
        alone = path.with_name("alone")
        shutil.copy(path, alone)
        assert not path.with_name("ledger.sqlite-wal").read_bytes()
    with Ledger.open(alone) as copy:
        assert copy.reader.last_event().height == receipt.height


def test_between_blocks_that_follow_each_other_the_log_stays_and_a_rest_empties_it(path):
    log = path.with_name("ledger.sqlite-wal")
    with Ledger.open(path) as ledger:
        for _ in range(2):
            (receipt,) = engine.submit_all(ledger, [encoding.encode_bundle(bind(ledger.ledger_id, make(ledger)))],
                                           NOW_MS, any_proof)
            assert receipt.is_checkpointed and Checkpoints(path).newest().height == receipt.height
            assert log.stat().st_size > 0
        ledger.rest()
        assert log.stat().st_size == 0
        alone = Path(shutil.copy(path, path.with_name("alone")))
    with Ledger.open(alone) as copy:
        assert copy.reader.last_event().height == receipt.height


@pytest.fixture(scope="module")
def died(tmp_path_factory) -> Path:
    """The files of a machine that stopped after a swap was acknowledged while somebody read: the log has the swap."""
    path = tmp_path_factory.mktemp("died") / "ledger.sqlite"
    image = path.parent / "image"
    image.mkdir()
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        settle(ledger, make(ledger, change(USDC=50), [samples.flow(0, 50)]))
        with Ledger.open(path) as reading, reading.reader.reading():
            assert reading.reader.last_event().height == 1
            assert settle(ledger, *swap(ledger)).is_checkpointed
            for suffix in ("", "-wal", "-checkpoints"):
                shutil.copy(path.with_name(path.name + suffix), image)
    return image


def outcome(place: Path, log: bytes) -> str:
    """What opening and the audit say of the image with this log: "there" or "refused".  Nothing else may happen."""
    path = place / "ledger.sqlite"
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    path.with_name(path.name + "-wal").write_bytes(log)
    database = path.read_bytes()
    try:
        report = audit.audit(path, any_proof)
    except audit.Discrepancy as error:
        assert "the settled event at height 2" in str(error)
        with pytest.raises(EventsLost, match="the settled event at height 2 .* is missing"):
            Ledger.open(path)
        assert path.read_bytes() == database
        assert not log or path.with_name(path.name + "-wal").read_bytes() == log
        return "refused"
    assert report.events == 3 and report.warnings == ()
    return "there"


def damaged_logs(log: bytes, step: int):
    """The log cut at bytes, and with one bit flipped in every `step`-th byte."""
    yield from (log[:length] for length in range(0, len(log), step))
    for place in range(0, len(log), step):
        yield log[:place] + bytes([log[place] ^ 1 << place % 8]) + log[place + 1 :]


def test_a_cut_or_flipped_log_never_loses_an_acknowledged_swap_without_a_word(died, tmp_path):
    shutil.copytree(died, tmp_path, dirs_exist_ok=True)
    log = (died / "ledger.sqlite-wal").read_bytes()
    database = (died / "ledger.sqlite").read_bytes()
    assert outcome(tmp_path, log) == "there"
    found = set()
    for damaged in damaged_logs(log, 3001):
        (tmp_path / "ledger.sqlite").write_bytes(database)
        found.add(outcome(tmp_path, damaged))
    assert "refused" in found


def test_a_lost_checkpoint_file_is_told_and_made_again(path):
    Checkpoints(path).path.unlink()
    (warning,) = audit.audit(path, any_proof).warnings
    assert "there is no ledger.sqlite-checkpoints beside the ledger" in warning and "--expect" in warning
    with Ledger.open(path) as ledger:
        settle(ledger, *swap(ledger))
    assert len(Checkpoints(path).settled()) == 3 and audit.audit(path, any_proof).warnings == ()


@pytest.mark.parametrize("left", [0, LINE_BYTES, LINE_BYTES + 30, 2 * LINE_BYTES - 1])
def test_a_shortened_checkpoint_file_is_told_and_mended(path, left):
    os.truncate(Checkpoints(path).path, left)
    (warning,) = audit.audit(path, any_proof).warnings
    assert "does not call 1 of 1 events settled" in warning
    with Ledger.open(path) as ledger:
        settle(ledger, *swap(ledger))
    assert len(Checkpoints(path).settled()) == 3 and audit.audit(path, any_proof).warnings == ()


@pytest.mark.parametrize("bit", range(0, 8 * 2 * LINE_BYTES, 37))
def test_a_flipped_bit_in_the_checkpoints_is_refused_or_told(path, bit):
    file = Checkpoints(path).path
    data = bytearray(file.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    file.write_bytes(bytes(data))
    try:
        assert audit.audit(path, any_proof).warnings
    except (FormatError, audit.Discrepancy) as error:
        assert any(words in str(error) for words in ("is damaged: move", "settled event at", "this history lacks"))


def test_a_process_that_ends_between_commit_and_mark_leaves_a_pending_line_that_the_next_event_settles(
    path, monkeypatch
):
    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(Checkpoints, "acknowledge", lambda *_: None)
            settle(ledger, *swap(ledger))
        assert lines(path)[2].endswith(b"pending\n") and Checkpoints(path).newest().height == 1
        assert audit.audit(path, any_proof).warnings
        settle(ledger, *swap(ledger))
    assert [line[-8:-1] for line in lines(path)] == [b"settled"] * 4


def test_a_commit_that_fails_leaves_a_pending_line_that_promises_nothing(path, monkeypatch):
    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patch, pytest.raises(RuntimeError):
            def fails(checkpoints_, event, events):
                reserve(checkpoints_, event, events)
                raise RuntimeError("stopped before the commit")

            reserve = Checkpoints.reserve
            patch.setattr(Checkpoints, "reserve", fails)
            settle(ledger, *swap(ledger))
        assert lines(path)[2].endswith(b"pending\n")
    with Ledger.open(path) as ledger:
        assert ledger.reader.last_event().height == 1
        settle(ledger, *swap(ledger))
    assert len(Checkpoints(path).settled()) == 3


def test_a_full_disk_before_the_commit_refuses_the_bundle(path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
            patch.setattr(checkpoints, "_sync", full)
            settle(ledger, *swap(ledger))
        assert ledger.reader.last_event().height == 1
        settle(ledger, *swap(ledger))


def test_a_failure_after_the_commit_is_said_on_the_receipt(path, monkeypatch):
    def fails(*_):
        raise OSError(errno.EIO, "Input/output error")

    with Ledger.open(path) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(Checkpoints, "acknowledge", fails)
            receipt = settle(ledger, *swap(ledger))
        assert not receipt.is_checkpointed and ledger.reader.last_event().height == receipt.height == 2


def test_a_log_that_cannot_be_emptied_now_is_emptied_by_a_later_event(path):
    log = path.with_name("ledger.sqlite-wal")
    with Ledger.open(path) as ledger, Ledger.open(path) as other:
        with other.reader.reading():
            assert other.reader.last_event().height == 1
            settle(ledger, *swap(ledger))
            assert log.stat().st_size > 0
            assert other.reader.last_event().height == 1
        settle(ledger, *swap(ledger))
        assert log.stat().st_size == 0


def test_two_processes_that_settle_in_turn_share_the_checkpoints(path):
    with Ledger.open(path) as one, Ledger.open(path) as other:
        for ledger in (one, other, other, one):
            settle(ledger, *swap(ledger))
    assert len(Checkpoints(path).settled()) == 6 and audit.audit(path, any_proof).warnings == ()


def test_the_terms_of_a_taken_order_are_in_no_file_after_it_settles(path):
    from settlement.orders import board

    sealed = bytes(range(256)) + bytes(CIPHERTEXT_BYTES - 256)
    with Ledger.open(path) as ledger:
        maker, taker = swap(ledger)
        named = samples.sign(ledger.ledger_id, replace(maker.leg, terms=digests.terms((sealed,))))
        maker = replace(maker, leg=named)
        board.place(ledger, samples.posting(ledger, maker.leg, (sealed,)), NOW_MS, any_proof)
        assert any(sealed[:64] in file.read_bytes() for file in path.parent.iterdir())
        settle(ledger, maker, taker)
        assert not any(sealed[:64] in file.read_bytes() for file in path.parent.iterdir())
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
