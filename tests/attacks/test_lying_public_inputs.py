"""A dishonest owner can sign and bind anything; only real proofs protect other people's money from him.

Each lie changes one public input, or one proof, of a true swap, and is signed and bound again by everybody concerned,
so that nothing but the proof can refuse it.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from circuits import generators
from circuits import merkle as paths
from prover.operator import defaults
from prover.trader import addresses, assembly, keys, plan
from settlement import audit, checks, digests, encoding, engine, merkle, oracle
from settlement.bundle import Leg
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.prover import pools
from tests.settlement import samples
from zk.curves import babyjubjub, bn254
from zk.fields.prime import R

NOW_MS = 1_800_000_000_000
LATER_MS = NOW_MS + 3_600_000
USDC, ETH = 0, 2
SEED = keys.derive("abandon " * 23 + "art")


@dataclass(frozen=True)
class Swap:
    """The two legs of a true swap, their plans, and the ledger that would settle them."""

    ledger: Ledger
    path: Path
    plans: tuple[plan.LegPlan, ...]
    legs: tuple[Leg, ...]
    deposit_leg: Leg


def publish(ledger: Ledger, epoch: int) -> None:
    prices = defaults.prices(ledger.pool)
    engine.publish(ledger, [
        oracle.sign(ledger.pool, secret, asset, price, NOW_MS, epoch)
        for secret in pools.ORACLE_SECRETS for asset, price in enumerate(prices)
    ], NOW_MS)


def setting(ledger: Ledger) -> plan.Setting:
    return plan.Setting(ledger.pool, ledger.reader.grids(1)[0].publication.initial)


def bound(ledger: Ledger, plans, legs) -> bytes:
    made = assembly.bundle(ledger.ledger_id, legs, [one.blinding for one in plans])
    return encoding.encode_bundle(samples.attest(made))


@pytest.fixture(scope="module")
def swap(keystore, tmp_path_factory):
    """Two deposits that are settled and a swap that is not: 6,000 USDC, of which 2,000 are owed, for 2 ETH."""
    pool = pools.make(leg=keystore.statement_key("leg"), margin=keystore.statement_key("margin"))
    path = tmp_path_factory.mktemp("lies") / "ledger.sqlite"
    with Ledger.create(path, pool, NOW_MS) as ledger:
        publish(ledger, 1)
        plans, legs = [], []
        for index, (asset, amount) in enumerate([(USDC, 4_000_000_000), (ETH, 3_000_000_000)]):
            target = plan.Target(addresses.of(SEED, index), index)
            start = plan.genesis_source(ledger.reader.tree().root)
            plans.append(plan.deposit(setting(ledger), start, target, samples.flow(asset, amount, b"bank"), LATER_MS))
            legs.append(assembly.leg(plans[-1], pool, keystore))
            engine.submit(ledger, bound(ledger, plans[-1:], legs[-1:]), NOW_MS)
        changes = plan.changes({USDC: 6_000_000_000}, {ETH: 2_000_000_000})
        moves = []
        for index, changed in enumerate([changes, plan.opposite(changes)]):
            branch = ledger.reader.path(index)
            root = paths.path_root(branch)
            source = plan.Source(keys.account(SEED, index), plans[index].account, index, branch, root)
            target = plan.Target(addresses.of(SEED, index), index)
            moves.append(plan.move(setting(ledger), source, target, changed, LATER_MS))
        made = tuple(assembly.leg(one, pool, keystore) for one in moves)
        yield Swap(ledger, path, tuple(moves), made, legs[0])


def changed(swap: Swap, number: int, **changes) -> tuple[Leg, ...]:
    """The legs with a change to one leg or its public inputs, signed again by its owner."""
    leg, public = swap.legs[number], swap.legs[number].public
    publics = {name: changes.pop(name) for name in list(changes) if hasattr(public, name)}
    leg = replace(leg, public=replace(public, **publics), **changes)
    signed = assembly.signed(leg, swap.ledger.ledger_id, swap.plans[number].spending)
    return tuple(signed if i == number else other for i, other in enumerate(swap.legs))


def minted(swap: Swap) -> tuple[Leg, ...]:
    """The value commits to one USDC more than the account gives, and an outsider is paid that USDC."""
    x, y = swap.legs[1].public.value_x, swap.legs[1].public.value_y
    less = babyjubjub.add((x, y), babyjubjub.negate(generators.assets()[USDC]))
    return changed(swap, 1, value_x=less[0], value_y=less[1], flows=(samples.flow(USDC, -1, b"thief"),))


def another_grid_epoch(swap: Swap) -> tuple[Leg, ...]:
    return changed(swap, 0, margin=replace(swap.legs[0].margin, epoch=2))


def negated(proof):
    return replace(proof, c=bn254.negate(proof.c))


LIES = [  # the lie, and the part of the leg that is reported not to verify
    ("another account's root", lambda s: changed(s, 1, root=merkle.empty_root()), "leg 1: its proof"),
    ("a second nullifier", lambda s: changed(s, 1, nullifier=12345), "leg 1: its proof"),
    ("another new account", lambda s: changed(s, 1, commitment=12345), "leg 1: its proof"),
    ("money from nothing", minted, "leg 1: its proof"),
    ("debts called cash", lambda s: changed(s, 0, cash=1, margin=None), "leg 0: its proof"),
    ("cash called debts", lambda s: changed(s, 1, cash=0, margin=s.legs[0].margin), "leg 1: its proof"),
    ("a margin proof of another epoch", another_grid_epoch, "leg 0: its margin proof"),
    ("the other leg's proof", lambda s: changed(s, 1, proof=s.legs[0].proof), "leg 1: its proof"),
    ("a deposit's proof", lambda s: changed(s, 1, proof=s.deposit_leg.proof), "leg 1: its proof"),
    ("a proof turned over", lambda s: changed(s, 0, proof=negated(s.legs[0].proof)), "leg 0: its proof"),
    ("a margin proof turned over", lambda s: changed(
        s, 0, margin=replace(s.legs[0].margin, proof=negated(s.legs[0].margin.proof))), "leg 0: its margin proof"),
    ("a leg's proof as margin proof", lambda s: changed(
        s, 0, margin=replace(s.legs[0].margin, proof=s.legs[0].proof)), "leg 0: its margin proof"),
]


def spends_with_another_key(swap: Swap) -> bytes:
    """rk is the thief's own, under which he can sign."""
    thief = 424242
    x, y = babyjubjub.multiply(thief, babyjubjub.BASE8)
    leg = replace(swap.legs[1], public=replace(swap.legs[1].public, rk_x=x, rk_y=y))
    signed = assembly.signed(leg, swap.ledger.ledger_id, thief)
    return bound(swap.ledger, swap.plans, (swap.legs[0], signed))


@pytest.fixture(scope="module")
def second_epoch(swap):
    """The same prices again, so the same grid root under another epoch."""
    publish(swap.ledger, 2)


@pytest.mark.parametrize("lie, said", [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_lie_that_is_signed_and_bound_is_refused_by_its_proof_alone(swap, second_epoch, monkeypatch, lie, said):
    data = bound(swap.ledger, swap.plans, lie(swap))
    with pytest.raises(Rejected, match=said) as refused:
        engine.submit(swap.ledger, data, NOW_MS)
    assert refused.value.rejection is Rejection.INVALID_PROOF
    monkeypatch.setattr(checks, "check_proofs", lambda *_: None)
    engine.check(swap.ledger, data, NOW_MS)


def test_nobody_spends_under_a_key_that_is_not_the_accounts(swap):
    with pytest.raises(Rejected, match="leg 1: its proof") as refused:
        engine.submit(swap.ledger, spends_with_another_key(swap), NOW_MS)
    assert refused.value.rejection is Rejection.INVALID_PROOF


def test_the_truth_settles_even_with_re_randomised_proofs_and_is_the_same_bundle(swap):
    """Anybody can make (s·A, s⁻¹·B, C), which satisfies the same equation: Groth16 proofs identify nothing."""
    proof = swap.legs[1].proof
    other = replace(
        proof, a=bn254.multiply(3, proof.a), b=bn254.multiply(pow(3, -1, R), proof.b)
    )
    legs = (swap.legs[0], replace(swap.legs[1], proof=other))
    honest, data = bound(swap.ledger, swap.plans, swap.legs), bound(swap.ledger, swap.plans, legs)
    receipt = engine.submit(swap.ledger, data, NOW_MS)
    assert receipt.bundle_id == digests.bundle_id(encoding.decode_bundle(honest))
    with pytest.raises(Rejected) as refused:
        engine.submit(swap.ledger, honest, NOW_MS)
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT


def test_the_audit_verifies_every_proof_of_a_real_history_from_the_file_alone(swap):
    report = audit.audit(swap.path)
    assert (report.bundles, report.legs, report.proofs) == (3, 4, 5)
    assert sorted(report.reserves.values()) == [3_000_000_000, 4_000_000_000]
