"""Net receipts: the sum of chosen legs, opened alone, and what a forger would try."""

import json
from contextlib import ExitStack
from dataclasses import replace

import pytest

from circuits import generators
from prover.receipts import netfile, ownlegs, receiptfile
from prover.receipts.netfile import Chosen
from prover.trader import plan
from settlement.bundles import encoding
from settlement.pool import fingerprint
from tests.prover.receipts import scene
from tests.prover.receipts.scene import ETH, FINGERPRINT, NOW, USDC
from tests.reference import babyjubjub as plain
from tests.settlement.bundles import samples
from zk.curves import babyjubjub
from zk.errors import FormatError, InvalidProof


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(ledger, alice, bob, heights of their two trades): alice buys 2 ETH for 100 USDC, and 1 for 60."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        ledger, alice, bob = scene.open_all(tmp_path_factory.mktemp("net"), stack, patch)
        yield ledger, alice, bob, (scene.trade(ledger, alice, bob), scene.trade(ledger, alice, bob, 60, 1))


def own(world, trader, height):
    bundle = encoding.decode_bundle(world[0].reader.bundle(height)[1])
    return ownlegs.find(trader.wallet, ownlegs.states(trader.file), bundle).legs


def chosen(world, trader, heights):
    return [Chosen(scene.bundle_id(world[0], height), own(world, trader, height)) for height in heights]


def made(world, trader=None, heights=None, signers=(0, 1)):
    ledger, alice, _, both = world
    picked = chosen(world, trader or alice, both if heights is None else heights)
    return netfile.make(ledger, picked, "for the auditor", scene.signed(ledger, *signers))


def lied(document):
    return netfile.verify(json.dumps(document).encode(), FINGERPRINT)


def test_the_net_of_two_trades_is_all_that_is_said_of_them(world):
    found = netfile.verify(made(world), FINGERPRINT)
    assert found.net == plan.changes({USDC: 160}, {ETH: 3}) and found.purpose == "for the auditor"
    assert [height for height, _ in found.legs] == list(world[3]) and found.signers.is_final
    text = made(world).decode()
    for height in world[3]:
        (leg,) = own(world, world[1], height)
        assert str(leg.opening.blinding) not in text and f'"{leg.opening.changes[USDC]}"' not in text


def test_the_sum_is_that_of_the_commitments_computed_plainly(world):
    document = json.loads(made(world))
    total = plain.multiply(int(document["blinding"]), generators.blinding())
    for change, base in zip(document["net"], generators.assets(), strict=True):
        total = plain.add(total, plain.multiply(int(change) % babyjubjub.ORDER, base))
    values = (0, 1)
    for entry in document["bundles"]:
        public = encoding.decode_bundle(bytes.fromhex(entry["data"])).legs[entry["legs"][0]["leg"]].public
        values = plain.add(values, (public.value_x, public.value_y))
    assert total == values


def test_a_net_of_one_leg_is_that_leg(world):
    ledger, alice, _, (height, _) = world
    found = netfile.verify(made(world, heights=[height]), FINGERPRINT)
    assert len(found.legs) == 1 and found.net == own(world, alice, height)[0].opening.changes
    assert found.shows_one_leg


def test_a_net_of_a_public_deposit_and_one_trade_says_that_it_shows_the_trade(world):
    deposit, first, second = 1, *world[3]
    assert netfile.verify(made(world, heights=[deposit, first]), FINGERPRINT).shows_one_leg
    assert not netfile.verify(made(world, heights=[deposit, first, second]), FINGERPRINT).shows_one_leg


@pytest.mark.parametrize("lie, words", [
    (lambda d: d["net"].__setitem__(0, str(int(d["net"][0]) + 1)), "has not signed"),
    (lambda d: d.update(purpose="for a bank"), "has not signed"),
    (lambda d: d.update(blinding=str((int(d["blinding"]) + 1) % babyjubjub.ORDER)), "has not signed"),
    (lambda d: d["bundles"].pop(), "has not signed"),
    (lambda d: d["bundles"][0]["legs"][0].update(leg=1 - d["bundles"][0]["legs"][0]["leg"]), "has not signed"),
    (lambda d: d["bundles"][0]["legs"][0].update(signature=d["bundles"][1]["legs"][0]["signature"]), "has not signed"),
    (lambda d: d["bundles"][0].update(receipt=d["bundles"][1]["receipt"]), "something else"),
    (lambda d: d["bundles"][0]["receipt"].update(height=99), "another height"),
])  # fmt: skip
def test_a_lie_in_the_file_is_found(world, lie, words):
    document = json.loads(made(world))
    assert lied(document).signers.is_final
    lie(document)
    with pytest.raises(InvalidProof, match=words):
        lied(document)


def test_legs_whose_owner_signs_a_false_sum_are_refused(world, monkeypatch):
    ledger, alice, _, heights = world
    picked = chosen(world, alice, heights)
    leg = picked[0].legs[0]
    for false in (scene.changed(leg.opening, USDC), replace(leg.opening, blinding=1)):
        lying = [Chosen(picked[0].bundle_id, [replace(leg, opening=false)]), picked[1]]
        with pytest.raises(InvalidProof, match="is not the sum"):
            netfile.verify(netfile.make(ledger, lying, "x", scene.signed(ledger, 0, 1)), FINGERPRINT)


def test_who_only_knows_a_blinding_cannot_count_the_leg_as_his(world):
    """Bob read Alice's terms, so he knows her opening, and has no secret of her rk."""
    ledger, alice, bob, (height, _) = world
    (hers,), (his,) = own(world, alice, height), own(world, bob, height)
    both = sorted((his, replace(hers, spending=his.spending)), key=lambda leg: leg.opening.leg)
    data = netfile.make(ledger, [Chosen(scene.bundle_id(ledger, height), both)], "x", scene.signed(ledger, 0, 1))
    with pytest.raises(InvalidProof, match=f"the owner of leg {hers.opening.leg} has not signed"):
        netfile.verify(data, FINGERPRINT)


def test_the_same_leg_counts_once(world):
    document = json.loads(made(world))
    for spoil in (
        lambda d: d["bundles"].insert(0, d["bundles"][0]), lambda d: d["bundles"].reverse(),
        lambda d: d["bundles"][0]["legs"].append(d["bundles"][0]["legs"][0]),
    ):  # fmt: skip
        copy = json.loads(json.dumps(document))
        spoil(copy)
        with pytest.raises(FormatError, match="order of their"):
            lied(copy)


@pytest.mark.parametrize("spoil, words", [
    (lambda d: d.update(blinding=str(int(d["blinding"]) + babyjubjub.ORDER)), "range"),
    (lambda d: d["net"].__setitem__(0, "+160"), "decimal"),
    (lambda d: d["net"].pop(), "array of 16"),
    (lambda d: d.update(bundles=[]), "1 to 1024"),
    (lambda d: d["bundles"][0].update(legs=[]), "1 to 32"),
    (lambda d: d["bundles"][0]["legs"][0].update(leg=31), "names leg 31"),
    (lambda d: d.update(purpose="two\nlines"), "one line"),
    (lambda d: d.update(purpose=""), "one line"),
    (lambda d: d.update(version=2), "version"),
    (lambda d: d.update(extra=1), "unknown field"),
    (lambda d: d["bundles"][0]["legs"][0].update(signature="00" * 96), "signature"),
])  # fmt: skip
def test_a_malformed_file_is_refused_as_such(world, spoil, words):
    document = json.loads(made(world))
    spoil(document)
    with pytest.raises(FormatError, match=words):
        lied(document)


def test_another_pools_and_a_checkpoint_too_few_signed(world):
    with pytest.raises(InvalidProof, match="another pool"):
        netfile.verify(made(world), fingerprint.of(samples.pool()))
    assert not netfile.verify(made(world, signers=(2,)), FINGERPRINT).signers.is_final


def test_bundles_shown_by_different_checkpoints_are_refused(world):
    document, other = json.loads(made(world)), json.loads(made(world, signers=(0, 2)))
    document["bundles"][1]["receipt"] = other["bundles"][1]["receipt"]
    with pytest.raises(InvalidProof, match="different checkpoints"):
        lied(document)


def test_a_bundle_after_the_checkpoint_or_none_at_all_makes_no_net_receipt(world):
    ledger, alice, bob, heights = world
    early = scene.signed(ledger, 0, 1)
    late = Chosen(bytes(32), own(world, alice, heights[0]))
    with pytest.raises(InvalidProof, match="ends before"):
        netfile.make(ledger, [late], "x", early)
    with pytest.raises(FormatError, match="1 to 1024"):
        netfile.make(ledger, [], "x", early)


def test_a_file_says_whether_it_is_a_net_receipt(world):
    ledger, _, _, (height, _) = world
    single = receiptfile.make(ledger, scene.bundle_id(ledger, height), scene.signed(ledger))
    assert netfile.is_net(made(world)) and not netfile.is_net(single) and not netfile.is_net(b"[]")


def test_the_bundles_of_a_period_are_those_of_the_wallets_accounts(world):
    ledger, alice, bob, heights = world
    assert ownlegs.period(ledger, alice.file, NOW, NOW + 10) == [1, *heights]
    assert ownlegs.period(ledger, bob.file, NOW, NOW + 10) == [2, *heights]
    assert ownlegs.period(ledger, alice.file, 0, NOW) == ownlegs.period(ledger, alice.file, NOW + 1, NOW + 9) == []
