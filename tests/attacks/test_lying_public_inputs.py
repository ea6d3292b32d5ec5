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
from prover.trader import addresses, assembly, keys, owing, plan, toppingup
from settlement import engine, merkle
from settlement.audit import audit
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Leg
from settlement.checks import proofclaims, topups
from settlement.ledger import Ledger
from settlement.pool.pool import NUM_PUBLIC
from settlement.rejection import Rejected, Rejection
from settlement.risk import quotes
from settlement.risk.grids import Coverage
from tests.prover import pools
from tests.settlement.bundles import samples
from zk.curves import babyjubjub, bn254
from zk.fields.prime import R

NOW_MS = 1_800_000_000_000
LATER_MS = NOW_MS + 3_600_000
USDC, ETH, LOAN = 0, 2, 8
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
    """The example's prices, at exactly this time."""
    quoted = quotes.sign_all(
        ledger.pool, ledger.parameters(NOW_MS), {}, pools.ORACLE_SECRETS, defaults.observation(ledger.pool),
        NOW_MS + epoch, epoch,
    )  # fmt: skip
    engine.publish(ledger, quoted, NOW_MS)


def bound(ledger: Ledger, plans, legs) -> bytes:
    made = assembly.bundle(ledger.ledger_id, legs, [one.blinding for one in plans])
    return encoding.encode_bundle(samples.attest(made))


@pytest.fixture(scope="module")
def swap(keystore, tmp_path_factory):
    """Two deposits that are settled and a swap that is not: 3,900 USDC and 2,000 dUSDC, which are owed, for 2 ETH."""
    pool = pools.make(**{name: keystore.statement_key(name) for name in NUM_PUBLIC})
    path = tmp_path_factory.mktemp("lies") / "ledger.sqlite"
    with Ledger.create(path, pool, NOW_MS) as ledger:
        publish(ledger, 1)
        plans, legs = [], []
        for index, (asset, amount) in enumerate([(USDC, 4_000_000_000), (ETH, 3_000_000_000)]):
            target = plan.Target(addresses.of(SEED, index), index)
            start = plan.genesis_source(ledger.reader.tree().root)
            setting, paid = owing.setting(ledger, NOW_MS), samples.flow(asset, amount, b"bank")
            plans.append(plan.deposit(setting, start, target, paid, LATER_MS))
            legs.append(assembly.leg(plans[-1], pool, keystore))
            engine.submit(ledger, bound(ledger, plans[-1:], legs[-1:]), NOW_MS)
        changes = plan.changes({USDC: 3_900_000_000, LOAN: 2_000_000_000}, {ETH: 2_000_000_000})
        moves = []
        for index, changed in enumerate([changes, plan.opposite(changes)]):
            branch = ledger.reader.path(index)
            root = paths.path_root(branch)
            source = plan.Source(keys.account(SEED, index), plans[index].account, index, branch, root)
            target = plan.Target(addresses.of(SEED, index), index)
            moves.append(plan.move(owing.setting(ledger, NOW_MS), source, target, changed, LATER_MS))
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


def negated(proof):
    return replace(proof, c=bn254.negate(proof.c))


def with_margin(swap: Swap, **changes) -> tuple[Leg, ...]:
    return changed(swap, 0, margin=replace(swap.legs[0].margin, **changes))


def with_escrow(swap: Swap, **changes) -> tuple[Leg, ...]:
    return changed(swap, 0, escrow=replace(swap.legs[0].escrow, **changes))


def topped_up(swap: Swap) -> dict[str, int]:
    """A top-up of the first leg's owner in the newest epoch."""
    period = topups.periods(swap.ledger.reader)[0]
    return {"adds": 1, "period": period, "tag": toppingup.tag(keys.account(SEED, 0), period)}


NO_GUARD = {"guard": 0, "escrow": None, "margin": None}
LIES = [  # the lie, and the part of the leg that is reported not to verify
    ("another account's root", lambda s: changed(s, 1, root=merkle.empty_root()), "leg 1: its proof"),
    ("a second nullifier", lambda s: changed(s, 1, nullifier=12345), "leg 1: its proof"),
    ("another new account", lambda s: changed(s, 1, commitment=12345), "leg 1: its proof"),
    ("money from nothing", minted, "leg 1: its proof"),
    ("debts called cash", lambda s: changed(s, 0, **NO_GUARD), "leg 0: its proof"),
    ("cash called debts", lambda s: changed(
        s, 1, guard=1, escrow=s.legs[0].escrow, margin=s.legs[0].margin), "leg 1: its proof"),
    ("a trade called a top-up", lambda s: changed(s, 0, margin=None, **topped_up(s)), "leg 0: its proof"),
    ("the other leg's proof", lambda s: changed(s, 1, proof=s.legs[0].proof), "leg 1: its proof"),
    ("a deposit's proof", lambda s: changed(s, 1, proof=s.deposit_leg.proof), "leg 1: its proof"),
    ("a proof turned over", lambda s: changed(s, 0, proof=negated(s.legs[0].proof)), "leg 0: its proof"),
    ("another ciphertext", lambda s: with_escrow(s, ciphertext=tuple(range(8))), "leg 0: its escrow proof"),
    ("another ephemeral point", lambda s: with_escrow(s, ephemeral=babyjubjub.BASE8), "leg 0: its escrow proof"),
    ("an escrow proof turned over", lambda s: with_escrow(
        s, proof=negated(s.legs[0].escrow.proof)), "leg 0: its escrow proof"),
    ("a leg's proof as escrow proof", lambda s: with_escrow(s, proof=s.legs[0].proof), "leg 0: its escrow proof"),
    ("a margin proof of another epoch", lambda s: with_margin(s, epoch=2), "leg 0: its margin proof"),
    ("a margin proof turned over", lambda s: with_margin(
        s, proof=negated(s.legs[0].margin.proof)), "leg 0: its margin proof"),
    ("a leg's proof as margin proof", lambda s: with_margin(s, proof=s.legs[0].proof), "leg 0: its margin proof"),
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
    """Nearly the same prices, so that the older grid stays good, and the newest is another."""
    publish(swap.ledger, 2)
    assert swap.ledger.reader.grids(1)[0].publication.coverage is Coverage.MIXTURE


@pytest.mark.parametrize("lie, said", [row[1:] for row in LIES], ids=[row[0] for row in LIES])
def test_a_lie_that_is_signed_and_bound_is_refused_by_its_proof_alone(swap, second_epoch, monkeypatch, lie, said):
    data = bound(swap.ledger, swap.plans, lie(swap))
    with pytest.raises(Rejected, match=said) as refused:
        engine.submit(swap.ledger, data, NOW_MS)
    assert refused.value.rejection is Rejection.INVALID_PROOF
    monkeypatch.setattr(proofclaims, "check_labelled", lambda *_: None)
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
    before = swap.ledger.reader.last_event()
    assert engine.submit(swap.ledger, honest, NOW_MS) == receipt and swap.ledger.reader.last_event() == before


def test_the_audit_verifies_every_proof_of_a_real_history_from_the_file_alone(swap):
    report = audit.audit(swap.path)
    assert (report.bundles, report.legs, report.proofs) == (3, 4, 6)
    assert sorted(report.reserves.values()) == [3_000_000_000, 4_000_000_000]
