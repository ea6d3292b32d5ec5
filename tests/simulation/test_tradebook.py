"""Each rule of the book of plain numbers is one that a wrong bundle breaks."""

from dataclasses import replace

import pytest

from tests.reference import tradebook
from tests.reference.tradebook import FEE, INSURANCE, OUTSIDE, Book, Flow, Seized, Settled, Wrong

ROWS = [(100, *[0] * 7, 100, 80, *[0] * 6), (100, *[0] * 7, 100, 120, *[0] * 6)]
PRICES = (100, *[0] * 7, 100, 100, *[0] * 6)


def changes(usdc=0, eth=0, loan=0, perp=0):
    return (usdc, 0, eth, *[0] * 5, loan, perp, *[0] * 6)


@pytest.fixture
def book():
    """A maker with 1,000 of the numeraire, who offers 10 of it for 1 ETH, and a taker with 5 ETH and 100."""
    made = Book(fee=1)
    for name in ("maker", "taker", "insurance"):
        made.join(name)
    made.join("holder", is_holder=True)
    for number, (name, asset, amount) in enumerate((("maker", 0, 1_001), ("taker", 0, 102), ("taker", 2, 5))):
        made.intend(f"in {number}", name, asset, amount)
        made.settle(Settled(0, name, (), (Flow(asset, amount, OUTSIDE, f"in {number}"), paid(1)), 1))
    made.order("set", changes(usdc=-20, eth=2))
    for name in ("one", "two", "three"):
        made.promise(name, "maker", changes(usdc=-10, eth=1), 1_000, name, "set")
    return made


def paid(amount):
    return Flow(0, -amount, FEE)


def taking(*names, time_ms=500, legs=2):
    return Settled(time_ms, "taker", names, (paid(legs),), legs)


def test_a_taker_gets_what_its_maker_gives_and_pays_the_rest(book):
    assert book.settle(taking("one")) == {"maker": changes(usdc=-11, eth=1), "taker": changes(usdc=9, eth=-1)}
    assert book.has["maker"] == list(changes(usdc=989, eth=1)) and book.public[FEE][0] == 5
    book.check_conservation()


def test_a_payee_gets_what_is_paid(book):
    payment = Settled(0, "taker", (), (paid(2),), 2, payment=("holder", 0, 30))
    assert book.settle(payment) == {"holder": changes(usdc=30), "taker": changes(usdc=-32)}


WRONG = [
    (lambda book: book.settle(taking("one", "one", legs=3)), "used twice"),
    (lambda book: [book.settle(taking("one")), book.settle(taking("one"))], "used twice"),
    (lambda book: book.settle(taking("one", time_ms=1_000)), "after it expired"),
    (lambda book: [book.settle(taking(name)) for name in ("one", "two", "three")], "beyond its size"),
    (lambda book: book.settle(replace(taking("one"), legs=3)), "the fee is"),
    (lambda book: book.settle(Settled(0, "taker", (), (Flow(0, 5, OUTSIDE, "other"), paid(1)), 1)), "nobody meant"),
    (lambda book: book.settle(Settled(0, "taker", (), (Flow(0, 50, FEE), paid(1)), 1)), "overdrawn"),
    (lambda book: book.settle(Settled(0, "taker", (), (paid(2),), 2, payment=("maker", 2, 6))), "lacks what is held"),
    (lambda book: book.settle(Settled(0, "taker", (), (paid(2),), 2, payment=("holder", 8, -1))), "who only holds"),
    (lambda book: tradebook.check_margin("maker", changes(loan=-10, perp=11), [ROWS]), "than its margin allows"),
]


@pytest.mark.parametrize("wrong, why", WRONG)
def test_what_breaks_a_rule_is_wrong(book, wrong, why):
    with pytest.raises(Wrong, match=why):
        wrong(book)


def test_of_two_promises_in_one_place_one_can_be_used(book):
    for name in ("bid", "offer"):
        book.promise(name, "maker", changes(usdc=-10, eth=1), 1_000, "the same quote")
    book.settle(taking("bid"))
    with pytest.raises(Wrong, match="excludes one"):
        book.settle(taking("offer"))


def seized(left, balances=None, owner="maker"):
    """An account of 11 perpetuals on a loan of 10: worth 100 now, −120 in row 0, and a tenth of 220 is due."""
    one = Seized(owner, balances or changes(loan=-10, perp=11), left, PRICES, ROWS, penalty_bps=1_000)
    return Settled(0, "insurance", (), (), 0, seized=(one,))


def test_who_is_seized_is_left_what_the_rule_leaves(book):
    book.settle(Settled(0, "taker", (), (paid(2),), 2, payment=("insurance", 0, 5)))
    assert book.settle(seized(1))["maker"] == changes(usdc=1, loan=10, perp=-11)
    assert book.has["insurance"] == list(changes(usdc=4, loan=-10, perp=11))


SEIZURES = [
    (seized(2), "should be left 1"),
    (seized(0), "should be left 1"),
    (seized(1, changes(usdc=100, loan=-10, perp=11)), "survives every scenario"),
    (seized(0, changes(usdc=100)), "owes nothing"),
]


@pytest.mark.parametrize("one, why", SEIZURES)
def test_a_seizure_that_breaks_the_rule_is_wrong(book, one, why):
    with pytest.raises(Wrong, match=why):
        book.settle(one)


def test_what_appears_from_nowhere_is_not_conserved(book):
    book.has["holder"][2] += 1
    with pytest.raises(Wrong, match="there should be"):
        book.check_conservation()


def test_what_the_insurance_gets_comes_from_somebody(book):
    flows = Flow(0, -40, INSURANCE), paid(1)
    assert book.settle(Settled(0, "taker", (), flows, 1)) == {"taker": changes(usdc=-41)}
    assert book.public[INSURANCE][0] == 40
    book.check_conservation()


def test_a_desk_that_has_limits_trades_within_them(book):
    book.bound("maker", 2, 0, 1)
    book.settle(taking("one"))
    with pytest.raises(Wrong, match="beyond the limits"):
        book.settle(taking("two"))
