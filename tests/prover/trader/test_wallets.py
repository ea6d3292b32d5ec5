"""A wallet's content as JSON: exactly the fields, types and bounds that are documented."""

from dataclasses import FrozenInstanceError, replace

import pytest

from prover.trader import keys, wallets
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime


@pytest.mark.parametrize("field", ["phrase", "ledger_id", "scanned", "seen_height", "seen", "holdings", "orders"])
def test_a_wallet_without_one_of_its_fields_is_refused(held, field):
    content = wallets.to_json(held)
    del content[field]
    with pytest.raises(FormatError):
        wallets.from_json(content)


@pytest.mark.parametrize("change, why", [
    (lambda w: w["holdings"][1].update(is_spent="false"), r"the wallet: holdings\[1\].is_spent is not true or false"),
    (lambda w: w["holdings"][0].update(position="7"), r"holdings\[0\].position is not an integer"),
    (lambda w: w["holdings"][0].update(position=1 << 32), r"holdings\[0\].position is not an integer from 0 to"),
    (lambda w: w["holdings"][0].update(index=keys.MAX_INDEX), r"holdings\[0\].index is not an integer from 0 to"),
    (lambda w: w["holdings"][0].update(epoch=-1), r"holdings\[0\].epoch is not an integer from 0 to"),
    (lambda w: w["holdings"][0]["balances"].append(0), r"holdings\[0\].balances is not an array of 8"),
    (lambda w: w["holdings"][0]["balances"].__setitem__(0, 1 << 63), r"balances\[0\] is not an integer from"),
    (lambda w: w["holdings"][0].update(rho=str(prime.R)), r"holdings\[0\].rho is out of range"),
    (lambda w: w["holdings"][0].update(owner=5), r"holdings\[0\].owner is not a decimal number"),
    (lambda w: w["orders"][0].update(order_id="c0ffee"), r"orders\[0\].order_id is not 64 lower-case"),
    (lambda w: w["orders"][0]["changes"].__setitem__(0, 1 << 64), r"orders\[0\].changes\[0\] is not an integer from"),
    (lambda w: w["orders"][0].update(blinding=str(babyjubjub.ORDER)), r"orders\[0\].blinding is out of range"),
    (lambda w: w.update(scanned=True), "the wallet: scanned is not an integer"),
    (lambda w: w.update(seen="x"), "the wallet: seen is not 64 lower-case"),
    (lambda w: w.update(ledger_id=5), "the wallet: ledger_id is not 64 lower-case"),
    (lambda w: w.update(phrase="abandon " * 24), "the wallet: the seed phrase's checksum is wrong"),
    (lambda w: w.update(more=1), "the wallet has an unknown field 'more'"),
])  # fmt: skip
def test_a_wallet_whose_content_is_not_exactly_right_is_refused_by_the_fields_name(held, change, why):
    content = wallets.to_json(held)
    assert wallets.from_json(content) == held
    change(content)
    with pytest.raises(FormatError, match=why):
        wallets.from_json(content)


@pytest.mark.parametrize("change", [
    lambda w: w["holdings"][0].update(position=(1 << 32) - 1, epoch=(1 << 64) - 1, index=(1 << 31) - 1),
    lambda w: w["holdings"][0].update(position=0, epoch=0, index=0, rho="0", owner="0"),
    lambda w: w["holdings"][0].update(balances=[(1 << 63) - 1] * 4 + [-(1 << 63)] * 4),
    lambda w: w["orders"][0].update(changes=[(1 << 64) - 1] * 4 + [1 - (1 << 64)] * 4, blinding="0", expiry_ms=0),
    lambda w: w.update(scanned=(1 << 64) - 1, seen_height=0, seen=None, ledger_id=None),
])  # fmt: skip
def test_every_field_may_have_its_extreme_values(held, change):
    content = wallets.to_json(held)
    change(content)
    assert wallets.to_json(wallets.from_json(content)) == content


@pytest.mark.parametrize("change", [
    lambda w: w["holdings"][0].update(epoch=1 << 64),
    lambda w: w["orders"][0].update(expiry_ms=1 << 64),
    lambda w: w["orders"][0]["changes"].__setitem__(0, -(1 << 64)),
    lambda w: w.update(scanned=1 << 64),
])  # fmt: skip
def test_no_field_may_be_beyond_its_extreme_values(held, change):
    content = wallets.to_json(held)
    change(content)
    with pytest.raises(FormatError, match="is not an integer from"):
        wallets.from_json(content)


def test_a_wallet_remembers_one_more_order_and_cannot_be_changed_in_place(held):
    order = replace(held.orders[0], position=8)
    assert held.with_order(order) == replace(held, orders=(*held.orders, order))
    for value in (held, held.holdings[0], order, order.terms):
        with pytest.raises(FrozenInstanceError):
            value.position = 3
