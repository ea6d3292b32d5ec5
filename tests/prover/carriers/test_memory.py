"""The carrier within a process, without threads: everything is delivered in the same order each time."""

import pytest

from prover.carriers import letters
from prover.carriers.carrier import Refused, ignore
from prover.carriers.memory import MAX_LETTERS, Hub
from prover.network.wire import postings
from prover.network.wire.letterpage import LETTER_SIZES
from prover.trader.sealing import EVERYBODY_ADDRESS
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.prover.network import serving
from tests.settlement.bundles import samples


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(serving.ledger_at(tmp_path)) as ledger:
        yield ledger


def hub(ledger, **options):
    return Hub(ledger.ledger_id, lambda: samples.NOW_MS, has_threads=False, **options)


def order(ledger):
    return postings.encode(samples.posting(ledger, samples.make(ledger).leg))


def letter(number):
    return number.to_bytes(4, "big").ljust(LETTER_SIZES[0], b"\0")


def test_nothing_is_delivered_before_somebody_says_so_and_what_comes_of_it_is_too(ledger):
    exchange, got = hub(ledger), []
    asker, answerer = exchange.carrier("a"), exchange.carrier("b")
    answerer.subscribe(ignore, lambda data: answerer.send(letter(2)) if data == letter(1) else None, 0)
    asker.subscribe(ignore, got.append, 0)
    asker.send(letter(1))
    assert got == []
    assert exchange.deliver() == 4 and got == [letter(1), letter(2)]
    assert exchange.deliver() == 0


def test_fate_loses_and_repeats(ledger):
    fates = iter([(), (b"x", b"x")])
    exchange, got = hub(ledger, fate=lambda data: next(fates)), []
    exchange.carrier("a").subscribe(ignore, got.append, 0)
    exchange.send(letter(1))
    exchange.send(letter(2))
    exchange.deliver()
    assert got == [b"x", b"x"]


def test_the_oldest_letters_give_way(ledger):
    exchange, got = hub(ledger), []
    for number in range(MAX_LETTERS + 3):
        exchange.send(letter(number))
    exchange.carrier("late").subscribe(ignore, got.append, 0)
    exchange.deliver()
    assert got == [letter(number) for number in range(3, MAX_LETTERS + 3)]


def test_what_the_check_rejects_is_refused_with_the_ledgers_reason(ledger):
    def check(posting):
        raise Rejected(Rejection.NULLIFIER_SPENT, "leg 0 spends an account that has already moved")

    with pytest.raises(Refused, match="already moved") as refused:
        hub(ledger, check=check).publish(order(ledger))
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT


def test_letters_that_came_before_are_not_asked_for(ledger):
    exchange, got = hub(ledger), []
    exchange.send(letter(1))
    exchange.carrier("a").subscribe(ignore, got.append, samples.NOW_MS + 1)
    exchange.deliver()
    assert got == []


def test_a_letter_has_one_of_four_sizes(ledger):
    sealed = letters.seal(1, b"", EVERYBODY_ADDRESS, None, 0)
    hub(ledger).send(sealed)
    with pytest.raises(Refused, match="bytes"):
        hub(ledger).send(sealed + b"\0")
