"""A wallet's content as JSON: exactly the fields, types and bounds that are documented."""

from dataclasses import replace

import pytest

from prover.trader import keys, terms, walletjson
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime


def without_seen(wallet):
    """The wallet without what stands in the clear part of its file."""
    return replace(wallet, ledger_id=None, seen_height=0, seen=None)


@pytest.mark.parametrize("field", ["phrase", "scanned", "top_index", "empty", "dust", "live", "orders", "outbox"])
def test_a_wallet_without_one_of_its_fields_is_refused(held, field):
    content = walletjson.write(held)
    del content[field]
    with pytest.raises(FormatError):
        walletjson.read(content)


@pytest.mark.parametrize("change, why", [
    (lambda w: w["live"][1].update(is_spent=False), r"the wallet: live\[1\] has an unknown field 'is_spent'"),
    (lambda w: w["live"][0].update(position="7"), r"live\[0\].position is not an integer"),
    (lambda w: w["live"][0].update(position=1 << 32), r"live\[0\].position is not an integer from 0 to"),
    (lambda w: w["live"][0].update(index=keys.MAX_INDEX), r"live\[0\].index is not an integer from 0 to"),
    (lambda w: w["live"][0].update(guard=-1), r"live\[0\].guard is not an integer from 0 to"),
    (lambda w: w["live"][0]["balances"].append(0), r"live\[0\].balances is not an array of 16"),
    (lambda w: w["live"][0]["balances"].__setitem__(0, 1 << 63), r"balances\[0\] is not an integer from"),
    (lambda w: w["live"][0].update(rho=str(prime.R)), r"live\[0\].rho is out of range"),
    (lambda w: w["live"][0].update(nullifier=str(prime.R)), r"live\[0\].nullifier is out of range"),
    (lambda w: w["live"][0].update(owner=5), r"live\[0\].owner is not a decimal number"),
    (lambda w: w["orders"][0].update(order_id="c0ffee"), r"orders\[0\].order_id is not 64 lower-case"),
    (lambda w: w["orders"][0]["changes"].__setitem__(0, 1 << 64), r"orders\[0\].changes\[0\] is not an integer from"),
    (lambda w: w["orders"][0].update(blinding=str(babyjubjub.ORDER)), r"orders\[0\].blinding is out of range"),
    (lambda w: w["orders"][0].update(withdrawal="00" * 95), r"orders\[0\].withdrawal has 190"),
    (lambda w: w["orders"][0].update(is_withdrawn=0), r"orders\[0\].is_withdrawn is not"),
    (lambda w: w["orders"][0].update(group="00" * 15), r"orders\[0\].group has 30"),
    (lambda w: w["orders"][0].update(lots=32), r"orders\[0\].lots is not an integer from 1 to 31"),
    (lambda w: w["orders"][0].update(group="00" * 16), "group and its number of lots do not fit together"),
    (lambda w: w["outbox"][0].update(height=-1), r"outbox\[0\].height is not an integer from 0 to"),
    (lambda w: w.update(scanned=True), "the wallet: scanned is not an integer"),
    (lambda w: w.update(empty=-1), "the wallet: empty is not an integer"),
    (lambda w: w.update(top_index=keys.MAX_INDEX), "the wallet: top_index is not an integer from 0 to"),
    (lambda w: w["dust"].update(count=(1 << 32) + 1), "the wallet: dust.count is not an integer from 0 to"),
    (lambda w: w["dust"]["balances"].__setitem__(0, str(1 << 95)), r"dust.balances\[0\] is out of range"),
    (lambda w: w["dust"]["balances"].__setitem__(0, 5), r"dust.balances\[0\] is not a decimal number"),
    (lambda w: w["dust"]["balances"].append("0"), r"dust.balances is not an array of 16"),
    (lambda w: w.update(phrase="abandon " * 24), "the wallet: the seed phrase's checksum is wrong"),
    (lambda w: w.update(more=1), "the wallet has an unknown field 'more'"),
])  # fmt: skip
def test_a_wallet_whose_content_is_not_exactly_right_is_refused_by_the_fields_name(held, change, why):
    content = walletjson.write(held)
    assert walletjson.read(content) == without_seen(held)
    change(content)
    with pytest.raises(FormatError, match=why):
        walletjson.read(content)


@pytest.mark.parametrize("change", [
    lambda w: w["live"][0].update(position=(1 << 32) - 1, guard=(1 << 32) - 1, index=(1 << 31) - 1),
    lambda w: w["live"][0].update(position=0, guard=0, index=0, rho="0", owner="0", nullifier="0"),
    lambda w: w["live"][0].update(balances=[(1 << 63) - 1] * 8 + [-(1 << 63)] * 8),
    lambda w: w["orders"][0].update(changes=[(1 << 64) - 1] * 8 + [1 - (1 << 64)] * 8, blinding="0", expiry_ms=0),
    lambda w: w.update(scanned=(1 << 64) - 1, top_index=(1 << 31) - 1, empty=1 << 32),
    lambda w: w["dust"].update(count=1 << 32, balances=[str((1 << 95) - 1)] * 8 + [str(-(1 << 95))] * 8),
])  # fmt: skip
def test_every_field_may_have_its_extreme_values(held, change):
    content = walletjson.write(held)
    change(content)
    assert walletjson.write(walletjson.read(content)) == content


@pytest.mark.parametrize("change", [
    lambda w: w["live"][0].update(guard=1 << 32),
    lambda w: w["orders"][0].update(expiry_ms=1 << 64),
    lambda w: w["orders"][0]["changes"].__setitem__(0, -(1 << 64)),
    lambda w: w.update(scanned=1 << 64),
])  # fmt: skip
def test_no_field_may_be_beyond_its_extreme_values(held, change):
    content = walletjson.write(held)
    change(content)
    with pytest.raises(FormatError, match="is not an integer from"):
        walletjson.read(content)


def test_the_nullifier_of_an_account_comes_back_though_it_is_no_part_of_what_makes_it_equal(held):
    one = replace(held.live[0], nullifier=prime.R - 1)
    again = walletjson.read(walletjson.write(replace(held, live=(one,)))).live[0]
    assert again == held.live[0] and again.nullifier == prime.R - 1


def test_an_order_of_an_earlier_version_has_no_withdrawal_and_stands_alone(held):
    content = walletjson.write(held)
    for field in ("withdrawal", "is_withdrawn", "group", "lots"):
        del content["orders"][0][field]
    alone = replace(held.orders[0].terms, group=terms.ALONE, lots=1)
    earlier = replace(held.orders[0], terms=alone, withdrawal=None, is_withdrawn=False)
    assert walletjson.read(content) == without_seen(replace(held, orders=(earlier,)))
