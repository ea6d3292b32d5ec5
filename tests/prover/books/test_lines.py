"""What a bundle did is taken apart into lines that come to the whole change."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.books import lines
from prover.books.lines import Facts, Kind
from settlement.bundles.bundle import Account, Flow

LOAN, CALL, USDC, ETH = 8, 10, 0, 2
RATES = {CALL: 7}
FEE = Flow(USDC, -5, Account.FEE, b"", b"")
POT = Flow(USDC, -50, Account.POT, b"", b""), Flow(LOAN, 49, Account.POT, b"", b"")
MADE = Facts(flows=(FEE,), fee=5, num_legs=2)


def change(**amounts):
    slots = {"usdc": USDC, "eth": ETH, "loan": LOAN, "call": CALL}
    found = [0] * 16
    for name, amount in amounts.items():
        found[slots[name]] = amount
    return found


def apart(changed, facts):
    return lines.apart(changed, facts, RATES, LOAN)


def by_kind(changed, facts):
    return {line.kind: line.changes for line in apart(changed, facts).lines}


@pytest.mark.parametrize("facts, changed, expected", [
    (replace(MADE, num_legs=1, flows=(FEE, Flow(ETH, 9, Account.OUTSIDE, b"b", b"r"))), change(eth=9, usdc=-5),
     {Kind.DEPOSIT: {ETH: 9}, Kind.FEE: {USDC: -5}}),
    (replace(MADE, num_legs=1, flows=(FEE, Flow(USDC, -70, Account.OUTSIDE, b"b", b"r"))), change(usdc=-75),
     {Kind.WITHDRAWAL: {USDC: -70}, Kind.FEE: {USDC: -5}}),
    (MADE, change(usdc=-10), {Kind.FEE: {USDC: -10}}),
    (replace(MADE, num_legs=8), change(usdc=-140), {Kind.FEE: {USDC: -40}, Kind.PAID: {USDC: -100}}),
    (replace(MADE, others=0), change(usdc=-10, eth=-3), {Kind.FEE: {USDC: -10}, Kind.PAID: {ETH: -3}}),
    (MADE, change(usdc=-305, eth=1), {Kind.FEE: {USDC: -5}, Kind.TRADE: {USDC: -300, ETH: 1}}),
    (replace(MADE, has_made=False, own_legs=3, num_legs=4), change(usdc=885, eth=-3),
     {Kind.FEE: {USDC: -15}, Kind.TRADE: {USDC: 900, ETH: -3}}),
    (replace(MADE, moves=False, has_made=False), change(usdc=100), {Kind.RECEIVED: {USDC: 100}}),
    (replace(MADE, num_legs=1, claims=(CALL,)), change(call=-3, loan=21, usdc=-5),
     {Kind.FEE: {USDC: -5}, Kind.CONVERSION: {CALL: -3, LOAN: 21}}),
    (replace(MADE, num_legs=1, flows=(FEE, *POT)),
     change(usdc=-55, loan=49), {Kind.LOAN: {USDC: -50, LOAN: 49}, Kind.FEE: {USDC: -5}}),
    (replace(MADE, num_legs=1, flows=(FEE, Flow(USDC, -6, Account.FEE, b"", b"o" * 32))), change(usdc=-11),
     {Kind.BOARD_FEE: {USDC: -6}, Kind.FEE: {USDC: -5}}),
    (replace(MADE, num_legs=1, flows=(FEE, Flow(USDC, -6, Account.INSURANCE, b"", b""))), change(usdc=-11),
     {Kind.INSURANCE: {USDC: -6}, Kind.FEE: {USDC: -5}}),
    (replace(MADE, fee=0, num_legs=0, flows=(), own_legs=0, is_insurance=True), change(usdc=-11, eth=2),
     {Kind.TAKEN_OVER: {USDC: -11, ETH: 2}}),
])  # fmt: skip
def test_each_kind_of_bundle_has_its_lines(facts, changed, expected):
    assert by_kind(changed, facts) == expected


def test_without_a_diary_the_fee_of_a_larger_trade_is_known_within_bounds():
    """Four legs: the wallet's, those of two or three others, and perhaps a dummy."""
    found = apart(change(usdc=-1000, eth=3), replace(MADE, num_legs=4))
    assert found.lines[0].changes == {USDC: -5} and found.fee_in_price == 5
    noted = apart(change(usdc=-1000, eth=3), replace(MADE, num_legs=4, others=2))
    assert noted.lines[0].changes == {USDC: -10} and noted.fee_in_price == 0
    sure = apart(change(usdc=-1000, eth=3), replace(MADE, num_legs=4, own_legs=2))
    assert sure.lines[0].changes == {USDC: -10} and sure.fee_in_price == 0


@given(st.lists(st.integers(-20, 20), min_size=16, max_size=16), st.integers(1, 32), st.booleans(), st.booleans())
def test_the_lines_come_to_the_whole_change(changed, num_legs, moves, has_made):
    found = apart(changed, replace(MADE, num_legs=num_legs, moves=moves, has_made=has_made))
    assert [sum(line.changes.get(slot, 0) for line in found.lines) for slot in range(16)] == changed
    assert all(all(line.changes.values()) for line in found.lines)
