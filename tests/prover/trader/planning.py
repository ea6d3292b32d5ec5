"""Accounts to plan with, and what must hold of every plan."""

import pytest

from circuits import generators, records, registry
from circuits import merkle as paths
from prover.trader import addresses, keys, opening, owing, plan, sealing
from settlement import merkle
from tests.prover import pools
from tests.prover.risks import GRID, balances
from tests.settlement.bundles import samples
from zk import signature
from zk.hashes import poseidon

SEED = keys.derive("abandon " * 23 + "art")
OTHER = keys.derive("zoo " * 23 + "vote")
USDC, BTC, ETH = 0, 1, 2
EXPIRY = 1_900_000_000_000


@pytest.fixture(scope="module")
def pool():
    return pools.make()


@pytest.fixture(scope="module")
def held(pool):
    """(setting, source, target) of account 1 with 1,000 USDC and 2 ETH, third leaf of a tree."""
    return _held(pool, balances(usdc=1_000_000_000, eth=2_000_000_000), guard=0)


@pytest.fixture(scope="module")
def margined(pool):
    """The same of an account that owes 2,000 dUSDC beside 1,000 USDC and 2 ETH."""
    owing_some = balances(usdc=1_000_000_000, eth=2_000_000_000, dusdc=-2_000_000_000)
    return _held(pool, owing_some, guard=samples.GUARDIANS.number)


def _held(pool, owned, guard):
    mine = keys.account(SEED, 1)
    account = records.Account(mine.owner, owned, guard, 99)
    nodes = merkle.append(lambda level, index: None, 0, [5, 6, account.commitment(poseidon.hash)])

    def read(level, index):
        return nodes.get((level, index))

    setting = owing.Setting(pool, pool.parameters, GRID)
    source = plan.Source(mine, account, 2, merkle.path(read, 2), paths.path_root(merkle.path(read, 2)))
    return setting, source, plan.Target(addresses.of(SEED, 1), 1)


def check(made: plan.LegPlan) -> None:
    """Everything that must hold of a leg before it is worth proving."""
    assert registry.get("leg").relation(made.public, made.private) is None
    if made.account.guard == 0:
        assert made.escrow is None and made.margin is None and min(made.account.balances) >= 0
    else:
        assert made.account.guard == samples.GUARDIANS.number and made.escrow is not None
        assert registry.get("escrow").relation(made.escrow.public, made.escrow.private) is None
        assert (made.margin is None) == bool(made.public.adds)
    if made.margin is not None:
        assert registry.get("margin").relation(made.margin.public, made.margin.private) is None
    rk = made.public.rk_x, made.public.rk_y
    signature.verify(rk, 1, signature.sign(made.spending, 1))
    assert generators.commit(made.changes, made.blinding) == (made.public.value_x, made.public.value_y)


def opened(made: plan.LegPlan, seed: keys.Seed):
    content = sealing.Opener(keys.viewing_key(seed)).open(made.sealed, made.public.commitment)
    return content and opening.decode(content.body)
