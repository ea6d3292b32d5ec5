"""One flipped bit anywhere in a ledger's file: it is sound with the same history, or refused in one sentence.

tests/hostile fuzzes the same for hours, with more kinds of damage.
"""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.orders import board
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from tests.settlement.orders import boards
from zk.errors import FormatError

PAGE_BYTES = 4096
BITS_PER_PAGE = 2
SEED = 20261121


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> tuple[Path, audit.Report]:
    """A ledger with grids, deposits, a swap and an order, and its audit."""
    path = tmp_path_factory.mktemp("pages") / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        samples.publish(ledger)
        for made in (
            [make(ledger, change(USDC=50), [samples.flow(0, 50)])],
            [make(ledger, change(ETH=7), [samples.flow(2, 7)])],
            [make(ledger, change(USDC=-3, ETH=2)), make(ledger, change(USDC=3, ETH=-2))],
        ):
            engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), NOW_MS, any_proof)
        boards.place(ledger, boards.make(ledger).leg)
    return path, audit.audit(path, any_proof)


def use(path: Path) -> None:
    """What commands ask of a ledger, from one that opens."""
    with Ledger.open(path) as ledger:
        last = ledger.reader.last_event()
        for height in range(last.height + 1):
            ledger.reader.bundle(height)
        ledger.reader.tree(), ledger.reader.reserves(), ledger.reader.flows(), ledger.reader.outputs()
        ledger.reader.path(ledger.reader.outputs()[0].position)
        board.listed(ledger, NOW_MS), ledger.reader.grids(2)


def check(path: Path, report: audit.Report) -> str:
    """ "sound" or "refused" of a damaged ledger.  Any other exception, and any other history, fails the test."""
    found = "sound"
    for action in (use, lambda place: _audited(place, report)):
        try:
            action(path)
        except (audit.Discrepancy, FormatError, sqlite3.DatabaseError) as error:
            assert len(str(error).splitlines()) == 1, str(error)
            found = "refused"
    return found


def _audited(path: Path, report: audit.Report) -> None:
    assert audit.audit(path, any_proof) == report, "the audit passes another history"


def flips(size: int, per_page: int, seed: int) -> list[int]:
    """Bits of a file: some of every page, among them one of its head and one of its cells' places."""
    chance = random.Random(seed)
    return [
        8 * page * PAGE_BYTES + chance.randrange(bits)
        for page in range(size // PAGE_BYTES)
        for bits in (8 * 12, 8 * 60, *[8 * PAGE_BYTES] * per_page)
    ]


def test_a_flipped_bit_in_any_page_is_harmless_or_refused_in_one_sentence(original, tmp_path):
    source, report = original
    data = source.read_bytes()
    path = tmp_path / "ledger.sqlite"
    checkpoints = source.with_name("ledger.sqlite-checkpoints").read_bytes()
    found = []
    for bit in flips(len(data), BITS_PER_PAGE, SEED):
        for left in tmp_path.iterdir():
            left.unlink()
        path.with_name("ledger.sqlite-checkpoints").write_bytes(checkpoints)
        path.write_bytes(data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :])
        found.append(check(path, report))
    assert set(found) == {"sound", "refused"}


@pytest.mark.parametrize("length", [0, 1, 99, 100, 512, 4095, 4096, 3 * 4096, 3 * 4096 + 7])
def test_a_file_that_was_cut_is_refused_in_one_sentence(original, tmp_path, length):
    source, report = original
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(source.read_bytes()[:length])
    assert check(path, report) == "refused"


def test_a_table_whose_definition_is_not_text_is_damage_also_beside_a_write_ahead_log(original, tmp_path):
    """SQLite reads past it in a comment; Python's module does not, and its exception has no code of SQLite's."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(original[0].read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        with connection:
            connection.execute(
                "UPDATE sqlite_schema SET sql = CAST(sql || x'2f2aff2a2f' AS TEXT) WHERE name = 'events'"
            )
        assert path.with_name(f"{path.name}-wal").stat().st_size > 0
        with pytest.raises(FormatError, match="is damaged: .*UTF-8"):
            Ledger.open(path)
