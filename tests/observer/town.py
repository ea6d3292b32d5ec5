"""A town of wallets that pay, cancel, trade and merge at a busy ledger, by the code that they do it with.

Only what costs time without being seen is left out: proofs, files, and the ledger's checks; and a faster hash makes
numbers below r as random as Poseidon's.  The ledger has an event
every half second on average, so that a root tells when a leg was made.  Quotes are taken within 20 seconds, and every
account is older than ten minutes: what README says of those who do otherwise, `tests/observer/who_learns.py` has.
"""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from circuits import merkle, records
from prover.trader import (
    addresses,
    assembly,
    keys,
    merging,
    moves,
    orders,
    owing,
    plan,
    sessions,
    settling,
    shapes,
    wallets,
)
from prover.trader.sessions import Session
from prover.trader.terms import Terms
from prover.trader.wallets import Holding
from settlement.bundles.bundle import Bundle, Leg
from settlement.merkle import Tree
from settlement.pool import poolfile
from settlement.pool.parameters import Fees
from tests.observer import deals
from tests.prover import pools
from tests.prover.trader.payer import NoKeys
from zk.fields.prime import R
from zk.hashes import poseidon

START_MS = 1_800_000_000_000
OLD_EVENTS = 2_400
BETWEEN_MS = 1_000  # at most, between two events
ACCOUNTS = 40
RICH = 10**12
USDC, ETH = 0, 2
MAX_RESPONSE_MS = 20_000
SUBMIT_MS = 300


class Reader:
    """The events, roots and paths of a ledger that somebody looks at when it has `height`."""

    def __init__(self, times: list[int]):
        self.times, self.height = times, len(times) - 1
        self.roots = [merkle.path_root(_path(height)) for height in range(len(times))]
        self.heights = {root: height for height, root in enumerate(self.roots)}

    def reading(self):
        return nullcontext()

    def event(self, height: int):
        return SimpleNamespace(height=height, created_ms=self.times[height])

    def last_event(self):
        return self.event(self.height)

    def tree_at(self, height: int) -> Tree:
        return Tree(self.roots[height], 2 * (height + 1))

    def tree(self) -> Tree:
        return self.tree_at(self.height)

    def path(self, position: int, size: int | None = None) -> merkle.Path:
        return _path(self.height if size is None else size // 2 - 1)

    def rates(self) -> dict[int, int]:
        return {}

    def grids(self, limit: int) -> list:
        return []

    def settle(self, now_ms: int) -> None:
        self.times.append(now_ms)
        self.height = len(self.times) - 1
        self.roots.append(merkle.path_root(_path(self.height)))
        self.heights[self.tree().root] = self.height


def _path(height: int) -> merkle.Path:
    return ((0,) * records.ARITY,) * (records.DEPTH - 1) + ((height + 1, *(0,) * (records.ARITY - 1)),)


@dataclass(frozen=True)
class Seen:
    """A bundle, when it settled, and what it was, which nobody else knows."""

    bundle: Bundle
    settled_ms: int
    kind: str
    maker: plan.LegPlan | None = None
    taker: plan.LegPlan | None = None


class Town:
    """Makes bundles one after the other."""

    def __init__(self, seed: int = 7, fee: int = 5):
        self.random = random.Random(seed)
        made = pools.make()
        pool = replace(made, parameters=replace(made.parameters, fees=Fees(leg=fee, order=0)))
        gaps = [self.random.randrange(BETWEEN_MS) for _ in range(OLD_EVENTS)]
        self.reader = Reader([START_MS + sum(gaps[: number + 1]) for number in range(OLD_EVENTS)])
        self.now_ms = self.reader.times[-1]
        self.rich: int = RICH
        self.grid: owing.Grid | None = None
        ledger = SimpleNamespace(pool=pool, ledger_id=poolfile.ledger_id(pool), reader=self.reader)
        self.traders = [self._trader(ledger, keys.Seed(bytes([number]) * 64)) for number in (200, 201)]

    def _trader(self, ledger, seed: keys.Seed) -> Session:
        wallet = SimpleNamespace(seed=seed, live=self._accounts(seed), orders=(), view=seed)
        return Session(ledger, SimpleNamespace(wallet=wallet), NoKeys())

    def _accounts(self, seed: keys.Seed) -> tuple[Holding, ...]:
        """Rich accounts that nobody has seen spent, because those before are."""
        balances = (self.rich,) * 3 + (0,) * (records.ASSETS - 3)
        owners = [keys.account(seed, index).owner for index in range(ACCOUNTS)]
        rhos = [self.random.randrange(R) for _ in owners]
        return tuple(
            Holding(records.Account(owner, balances, 0, rho), index, index)
            for index, (owner, rho) in enumerate(zip(owners, rhos, strict=True))
        )

    def passes(self) -> None:
        """Some time, in which a stranger's bundle settles."""
        self.now_ms += 1 + self.random.randrange(BETWEEN_MS)
        self.reader.settle(self.now_ms)

    def make(self, kind: str, legs: int = 2) -> Seen:
        """A bundle of this kind, of this number of legs without dummy legs."""
        self.passes()
        self.random.shuffle(self.traders)
        for trader in self.traders:
            trader.wallet.live = self._accounts(trader.wallet.seed)
        bundle = getattr(self, f"_{kind}")(legs)
        return Seen(bundle, self.now_ms + SUBMIT_MS, kind)

    def trade(self, changes: plan.Changes) -> Seen:
        """A trade off the board, in which the maker's account changes so."""
        self.passes()
        taker, maker = self.traders
        for trader in self.traders:
            trader.wallet.live = self._accounts(trader.wallet.seed)
        quoted = self._quote(maker, changes)
        own, bundle = self._taken(taker, [quoted])
        return Seen(bundle, self.now_ms + SUBMIT_MS, "trade", quoted[0], own)

    def _position(self) -> int:
        return self.random.randrange(ACCOUNTS)

    def _amount(self) -> int:
        return self.random.randrange(1, RICH // 100)

    def _payment(self, legs: int) -> Bundle:
        payer, payee = self.traders
        address = addresses.of(payee.wallet.seed, self._position())
        return moves.pay(payer, address, USDC, self._amount(), self.now_ms, self._position())

    def _cancel(self, legs: int) -> Bundle:
        owner, _ = self.traders
        own = wallets.OwnOrder("ab" * 32, self._position(), Terms(plan.NOTHING, 1, self.now_ms + 1))
        owner.wallet.orders = (own,)
        return orders.cancel(owner, own.order_id, self.now_ms)

    def _merge(self, legs: int) -> Bundle:
        owner, _ = self.traders
        return merging.merge(owner, legs, self.now_ms)

    def _swap(self, legs: int) -> Bundle:
        """A taker takes one side of legs − 1 two-way quotes, each of its own maker, that were never on a board."""
        taker, maker = self.traders
        with self._earlier() as then_ms:
            offered = deals.offers(maker, [self._amount() for _ in range(legs - 1)], then_ms, self._position)
        return deals.taken(taker, offered, self.now_ms, self._position())

    def _split(self, legs: int) -> Bundle:
        return deals.split(self.traders[0], self.traders[0].wallet.live[self._position()], legs, self.now_ms)

    def sweep(self, lots: int, crumbs: int) -> Bundle:
        """A taker sweeps lots that were on the board, and empties crumbs where there is room for them."""
        self.passes()
        taker, maker = self.traders
        maker.wallet.live = self._accounts(maker.wallet.seed)
        taker.wallet.live = deals.with_crumbs(self._accounts(taker.wallet.seed), crumbs)
        with self._earlier():
            found = deals.lots(maker, lots, self.now_ms + deals.HOUR_MS, self.now_ms)
        return deals.swept(taker, found, self.now_ms, self.random.randrange(ACCOUNTS - crumbs))

    @contextmanager
    def _earlier(self) -> Iterator[int]:
        """The ledger as it was some seconds ago, and the time then."""
        height, then_ms = self.reader.height, self.now_ms - self.random.randrange(MAX_RESPONSE_MS)
        self.reader.height = max(h for h in range(height - 200, height + 1) if self.reader.times[h] <= then_ms)
        yield then_ms
        self.reader.height = height

    def _taken(self, taker: Session, quoted: list[tuple[plan.LegPlan, Leg]]) -> tuple[plan.LegPlan, Bundle]:
        legs = len(quoted) + 1
        changes = plan.opposite(tuple(map(sum, zip(*(made.changes for made, _ in quoted), strict=True))))
        fee = taker.ledger.pool.parameters.fees.leg
        changes = (changes[0] - fee * (legs - 1), *changes[1:])
        holding = taker.wallet.live[self._position()]
        source, target = sessions.source(taker, holding), sessions.target(taker, holding.index)
        setting = replace(sessions.setting(taker, self.now_ms), grid=self.grid)
        own = plan.move(
            setting, source, target, changes, self.now_ms + sessions.IMMEDIATE_MS, num_fees=shapes.fees(1, legs - 1)
        )
        return own, sessions.assemble(taker, [own], [(leg, made.blinding) for made, leg in quoted])

    def _quote(self, maker: Session, changes: plan.Changes) -> tuple[plan.LegPlan, Leg]:
        """A quote that was made some seconds ago."""
        with self._earlier() as then_ms:
            holding = maker.wallet.live[self._position()]
            source, target = sessions.source(maker, holding), sessions.target(maker, holding.index)
            expiry_ms = shapes.soon(then_ms)
            setting = replace(sessions.setting(maker, then_ms), grid=self.grid)
            made = plan.move(setting, source, target, changes, expiry_ms, step_ms=shapes.SOON_STEP_MS)
        return made, assembly.leg(made, maker.ledger.pool, maker.keystore)


def _setting(session: Session, now_ms: int) -> owing.Setting:
    pool = session.ledger.pool
    return owing.Setting(pool, pool.parameters, None, now_ms=now_ms)


def _hash(inputs, tag: int = 0) -> int:
    return int.from_bytes(hashlib.sha512(repr((tuple(inputs), tag)).encode()).digest(), "big") % R


@contextmanager
def unproved():
    """Wallets whose legs nobody proves, and that submit nothing: what they would submit is returned."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poseidon, "hash", _hash)  # so the keys of these seeds, which are kept, are no wallet's
        patch.setattr(assembly.pipeline, "prove", lambda *claim: pools.ANY_PROOF)
        patch.setattr(assembly.signature, "sign", lambda *claim, **base: deals.SIGNED)
        patch.setattr(settling, "perform", lambda session, request, now_ms, make: make())
        patch.setattr(sessions, "sync", lambda session: None)
        patch.setattr(sessions, "setting", _setting)
        patch.setattr(merging, "_smallest", lambda session, count, now_ms: random.sample(session.wallet.live, count))
        yield
