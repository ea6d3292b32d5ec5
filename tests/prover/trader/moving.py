"""Moves on a ledger whose proofs nobody looks at."""

from prover.trader import addresses, assembly, keys, owing, plan, wallets
from settlement import engine
from settlement.bundles import encoding
from settlement.bundles.bundle import Leg
from settlement.ledger import Ledger
from tests.prover import pools
from tests.settlement.bundles import samples
from zk import signature
from zk.curves import babyjubjub

NOW = 1_800_000_000_000
USDC = 0


def settle(ledger: Ledger, *plans: plan.LegPlan) -> tuple[int, ...]:
    """Settles the plans in one bundle, with proofs that nobody looks at.  The positions of the new accounts."""
    unsigned = signature.Signature(babyjubjub.BASE8, 0)
    legs = []
    for made in plans:
        leg = Leg(
            ledger.pool.leg.digest, made.public, pools.ANY_PROOF, None, None, made.flows, made.expiry_ms,
            made.companions, made.terms, (made.sealed,), False, unsigned,
        )  # fmt: skip
        legs.append(assembly.signed(leg, ledger.ledger_id, made.spending))
    bundle = assembly.bundle(ledger.ledger_id, legs, [made.blinding for made in plans])
    data = encoding.encode_bundle(samples.attest(bundle))
    return engine.submit(ledger, data, NOW, verify_proofs=lambda items: None).positions


def setting(ledger: Ledger) -> owing.Setting:
    return owing.Setting(ledger.pool, ledger.pool.parameters, None)


def deposit(ledger: Ledger, to: wallets.Wallet, amount: int, index: int = 0, hint: int | None = None) -> int:
    target = plan.Target(addresses.of(to.seed, index), index if hint is None else hint)
    flow = samples.flow(USDC, amount, b"bank")
    source = plan.genesis_source(ledger.reader.tree().root)
    made = plan.deposit(setting(ledger), source, target, flow, NOW + 1)
    return settle(ledger, made)[0]


def spend(
    ledger: Ledger, owner: wallets.Wallet, holding: wallets.Holding, receiver: wallets.Wallet, amount: int
) -> None:
    path = ledger.reader.path(holding.position)
    own = keys.account(owner.seed, holding.index)
    source = plan.Source(own, holding.account, holding.position, path, ledger.reader.tree().root)
    target = plan.Target(addresses.of(owner.seed, holding.index), holding.index)
    to = addresses.of(receiver.seed, 0)
    settle(ledger, *plan.payment(setting(ledger), source, target, to, USDC, amount, NOW + 1))


def given(ledger: Ledger, to: addresses.Address) -> plan.LegPlan:
    """A leg that gives an address 1 unit."""
    source = plan.genesis_source(ledger.reader.tree().root)
    return plan.deposit(setting(ledger), source, plan.Target(to), samples.flow(USDC, 1, b"bank"), NOW + 1)
