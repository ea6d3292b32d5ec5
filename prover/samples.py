"""Made-up inputs of every statement, true ones and false ones: what benchmarks prove and audits look at.

All secrets in them are random.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from circuits import records
from circuits.statements import leg, margin
from prover import keys
from settlement import merkle, values
from zk import entropy
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon

RICH = (10**12, 25 * 10**8, 40 * 10**9, 0, 7 * 10**6, 0, 3 * 10**9, 5 * 10**6)
LEVERAGED = (-5 * 10**10, 10**8, 60 * 10**9, 0, 0, -(10**9), 0, 10**6)
NOTHING = (0,) * records.ASSETS
NEIGHBOURS = 5


def inputs(name: str) -> list[tuple[Any, Any]]:
    """True (public, private) inputs of a statement, different in kind: cash and leveraged, moved and begun."""
    return _SAMPLES[name]()


def lies(name: str) -> list[tuple[Any, Any]]:
    """False inputs, each of which violates a single constraint: one that only forbids, and so computes nothing."""
    return _leg_lies() if name == "leg" else []


def _leg_lies() -> list[tuple[leg.Public, leg.Private]]:
    """A genesis flag that is no bit, a genesis from something, and cash that is owed, asset by asset."""
    public, private = _leg(NOTHING, RICH, epoch=0)
    found = [(public, replace(private, genesis=2))]
    for asset in range(records.ASSETS):
        one = tuple(int(i == asset) for i in range(records.ASSETS))
        found.append(_leg(one, RICH, epoch=0, is_genesis=True))
        public, private = _leg(RICH, tuple(-unit for unit in one), epoch=0)
        found.append((replace(public, cash=1), private))
    return found


def _legs() -> list[tuple[leg.Public, leg.Private]]:
    return [
        _leg(RICH, LEVERAGED, epoch=7),
        _leg(LEVERAGED, RICH, epoch=0),
        _leg(NOTHING, RICH, epoch=0, is_genesis=True),
    ]


def _leg(before: tuple, after: tuple, epoch: int, is_genesis: bool = False) -> tuple[leg.Public, leg.Private]:
    own = keys.throwaway()
    old = records.Account(own.owner, before, 0, entropy.scalar(R))
    new = records.Account(entropy.scalar(R), after, epoch, entropy.scalar(R))
    blinding, alpha = entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    commitment = old.commitment(poseidon.hash)
    root, position, path = _planted(commitment)
    value = values.commit(tuple(b - a for a, b in zip(before, after, strict=True)), blinding)
    rk = babyjubjub.add(own.ak, babyjubjub.multiply(alpha, babyjubjub.BASE8))
    public = leg.Public(
        root=entropy.scalar(R) if is_genesis else root,
        nullifier=records.nullifier(poseidon.hash, own.nk, commitment, position),
        commitment=new.commitment(poseidon.hash),
        value_x=value[0], value_y=value[1], rk_x=rk[0], rk_y=rk[1],
        cash=int(min(after) >= 0 and epoch == 0),
    )  # fmt: skip
    private = leg.Private(
        ak=own.ak, nk=own.nk, old=old, genesis=int(is_genesis), position=position, path=path, new=new,
        blinding=blinding, alpha=alpha,
    )  # fmt: skip
    return public, private


def _planted(commitment: int) -> tuple[int, int, tuple[tuple[int, ...], ...]]:
    """(root, position, path) of a leaf in a small tree of strangers' leaves."""
    leaves = [entropy.scalar(R) for _ in range(NEIGHBOURS)] + [commitment]
    nodes = merkle.append(lambda level, index: None, 0, leaves)

    def read(level: int, index: int) -> int | None:
        return nodes.get((level, index))

    return merkle.root(read), NEIGHBOURS, merkle.path(read, NEIGHBOURS)


def _margins() -> list[tuple[margin.Public, margin.Private]]:
    return [_margin(RICH), _margin(LEVERAGED)]


def _margin(balances: tuple) -> tuple[margin.Public, margin.Private]:
    """A portfolio and a grid that scatters made-up prices, in 10^-9 of a smallest unit, by up to a fifth."""
    prices = (10**9, 95 * 10**10, 3 * 10**9, 15 * 10**7, 10**9, 3 * 10**9, 187 * 10**6, 4 * 10**12)
    rows = tuple(
        tuple(price * (80 + (7 * s + 3 * i) % 41) // 100 if i else price for i, price in enumerate(prices))
        for s in range(records.SCENARIOS)
    )
    grid = records.RiskGrid(7, rows)
    account = records.Account(entropy.scalar(R), balances, grid.epoch, entropy.scalar(R))
    public = margin.Public(
        commitment=account.commitment(poseidon.hash), grid_root=grid.root(poseidon.hash), epoch=grid.epoch, guardian=0
    )
    return public, margin.Private(account=account, values=rows)


_SAMPLES: dict[str, Callable[[], list[tuple[Any, Any]]]] = {"leg": _legs, "margin": _margins}
