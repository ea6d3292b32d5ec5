"""Random trades, payments, loans, lots and seizures: the books of each wallet are those of double entry."""

import random
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from prover.books import blotter, book, profit
from prover.books.book import Book
from prover.books.costs import Method
from prover.books.lines import Kind, Line
from prover.trader import archive, wallets
from tests.prover.books import town
from tests.prover.books.town import ETH, NAMES, SYMBOLS, USDC, Town
from tests.reference.doubleentry import CAPITAL, CASH, EXPENSES, GAINS, LOSSES, Books
from zk.errors import Unsatisfied


@settings(max_examples=2, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.integers(0, 2**32))
def test_the_books_are_those_of_double_entry(seed):
    run(seed, 10)


def run(seed: int, steps: int) -> None:
    """So many steps of this seed, and then the books of all."""
    with tempfile.TemporaryDirectory() as folder, town.town(Path(folder), seed) as made:
        for _ in range(steps):
            made.step()
        made.crash()
        for name in NAMES:
            opened = made.books(name)
            for method, plain in made.plain[name].items():
                compare(profit.report(opened, method), plain)
            assert sum(1 for _ in blotter.fills(opened, opened.entries, (), frozenset())) == made.trades[name]
            periods_add_up(opened, made.chance)
        others_have_the_same(made, Path(folder))


def compare(found: profit.Report, plain: Books) -> None:
    """A report says what double entry does."""
    assert found.cash == plain.of(CASH)
    assert (found.realised, found.expenses) == (-plain.of(GAINS), -plain.of(EXPENSES))
    assert (found.transferred, found.lost) == (-plain.of(CAPITAL), -plain.of(LOSSES))
    rows = {SYMBOLS[row.slot]: row for row in found.rows}
    for asset in {*rows, *plain.parcels}:
        has, cost = (rows[asset].quantity, rows[asset].cost) if asset in rows else (0, 0)
        assert (has, cost) == (plain.has(asset), plain.of(f"cost of {asset}")), asset


def periods_add_up(opened: Book, chance: random.Random) -> None:
    """What was gained in two periods is gained in both together."""
    time_ms = chance.choice(opened.entries).time_ms
    opened.check(None, time_ms)
    opened.check(time_ms, None)
    for method in Method:
        first, second = profit.report(opened, method, None, time_ms), profit.report(opened, method, time_ms)
        whole = profit.report(opened, method)
        assert first.worth_after == second.worth_before
        assert (first.total + second.total, first.realised + second.realised) == (whole.total, whole.realised)


def others_have_the_same(made: Town, folder: Path) -> None:
    """A restored wallet and one that only watches: the same but for the fees that nobody can tell from a price."""
    own = made.session(NAMES[0]).wallet
    opened = made.books(NAMES[0])
    for wallet in (wallets.restore(own.own_phrase), wallets.watch_only(own)):
        with made.another(folder, wallet) as other:
            assert len(other.entries) == len(opened.entries)
            for mine, theirs in zip(opened.entries, other.entries, strict=True):
                assert mine.changes == theirs.changes and mine.fee_in_price == 0
                hidden = fee(theirs) - fee(mine)
                assert 0 <= hidden <= theirs.fee_in_price
                assert theirs.fee_in_price or mine.lines == theirs.lines
            total, others = profit.report(opened, Method.FIFO), profit.report(other, Method.FIFO)
            assert (total.total, total.worth_after) == (others.total, others.worth_after)


def fee(entry: book.Entry) -> int:
    line = entry.line(Kind.FEE)
    return 0 if line is None else line.changes[USDC]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A town in which alice has sold bob 1 ETH, and taken back some of it."""
    with town.town(tmp_path_factory.mktemp("town"), 5) as made:
        for amount in (-(10**9), 10**8):
            made.traded({ETH: amount, USDC: -made.value(ETH, amount)})
        yield made


def test_lines_that_do_not_add_up_are_refused_by_height_and_asset(small):
    opened = small.books("alice")
    *others, last = opened.entries
    more = replace(last, lines=(*last.lines, Line(Kind.FEE, {ETH: 1})))
    with pytest.raises(Unsatisfied, match=f"the lines of height {last.height} do not add up in ETH"):
        replace(opened, entries=(*others, more)).check()


def test_an_account_that_does_not_add_up_is_named(small):
    opened = small.books("alice")
    first = opened.states[-1]
    states = (*opened.states[:-1], replace(first, balances=(first.balances[0] + 1, *first.balances[1:])))
    with pytest.raises(Unsatisfied, match=f"account {first.index} does not add up in USDC: its lines come to"):
        replace(opened, states=states).check()


def test_a_profit_that_does_not_add_up_is_refused(small):
    opened = small.books("alice")
    first, *others = opened.entries
    without = replace(first, lines=tuple(line for line in first.lines if line.kind is not Kind.DEPOSIT))
    with pytest.raises(Unsatisfied, match="USDC does not add up"):
        profit.report(replace(opened, entries=(without, *others)), Method.FIFO)


def test_a_wallet_whose_archive_is_lost_says_which_account_it_has_forgotten(small):
    session = small.session("bob")
    small.books("bob")
    path = archive.beside(session.file.path)
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(Unsatisfied, match="the wallet has forgotten what it had before; `zksettle wallet sync bob"):
        small.books("bob")
    path.write_bytes(kept)
    small.books("bob")
