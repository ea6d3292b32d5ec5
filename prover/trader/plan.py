"""Plans: from an action to the inputs of the statements that prove it.  Nothing here proves, signs or sends.

Every action is the same move: an account changes from one state to another, and the leg commits to the change.

    deposit      +amount, and a flow in          genesis leg or a live account
    withdrawal   −amount, and a flow out
    payment      −amount, together with a genesis leg that gives it to the receiver
    order        −amounts sold, +amounts bought
    taking       the opposite of an order's changes
    cancelling   no change: the account moves, which voids every order made from its old state

An account whose new balances are all at least zero is a cash account (cash = 1, epoch 0).  Any other is margined:
it carries the newest grid's epoch and needs a margin proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from circuits import generators, merkle, records
from circuits.records import Position, Root
from circuits.statements import leg, margin
from prover.trader import addresses, keys, opening, sealing
from settlement import amounts, risk
from settlement.bundle import Flow
from settlement.pool import Pool
from zk import entropy
from zk.curves import babyjubjub
from zk.errors import Unsatisfied
from zk.fields.prime import R
from zk.hashes import poseidon

BALANCE_LIMIT = 1 << records.BALANCE_BITS - 1
NOTHING = (0,) * records.ASSETS

EXPIRY_STEP_MS = 10 * 60_000
"""Every leg expires at a multiple of this: an expiry to the millisecond would reveal when and by whom it was made."""

Changes = tuple[int, ...]
Path = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Setting:
    """The ledger's state that a plan needs: its pool, and the newest initial grid, or None when it is not fresh."""

    pool: Pool
    grid: records.RiskGrid | None


@dataclass(frozen=True, repr=False)
class Source(keys.Secret):
    """The account that a leg starts from, with its keys and its path in the tree to a root.

    A genesis leg starts from an empty account that is in no tree, and may name any root.
    """

    keys: keys.AccountKeys
    account: records.Account
    position: Position
    path: Path
    root: Root
    is_genesis: bool = False


@dataclass(frozen=True, repr=False)
class Target(keys.Secret):
    """The owner of the account that a leg ends in: an address, and its index if it is one's own (zero if not)."""

    address: addresses.Address
    index: int = 0


@dataclass(frozen=True, repr=False)
class LegPlan(keys.Secret):
    """One leg before it is proved.  `spending` is ask + α, the secret of rk; `sealed` is the new account's opening."""

    public: leg.Public
    private: leg.Private
    margin: tuple[margin.Public, margin.Private] | None
    changes: Changes
    spending: int
    flows: tuple[Flow, ...]
    expiry_ms: int
    sealed: bytes

    @property
    def account(self) -> records.Account:
        """The account that this leg ends in."""
        return self.private.new

    @property
    def blinding(self) -> int:
        """The blinding of the leg's value commitment."""
        return self.private.blinding


def genesis_source(root: Root) -> Source:
    """The start of a genesis leg: an empty account under throw-away keys, alone in a tree of its own."""
    fresh = keys.throwaway()
    account = records.Account(fresh.owner, NOTHING, 0, entropy.scalar(R))
    path = merkle.lone(account.commitment(poseidon.hash), 0)
    return Source(fresh, account, Position(0), path, root, is_genesis=True)


def changes(sell: Mapping[int, int], buy: Mapping[int, int]) -> Changes:
    """The change of each of the eight balances when these amounts (positive, by asset index) are sold and bought."""
    assert all(amount > 0 for amount in (*sell.values(), *buy.values())), "amounts are positive"
    return tuple(buy.get(asset, 0) - sell.get(asset, 0) for asset in range(records.ASSETS))


def opposite(own: Changes) -> Changes:
    """The changes of the other side of a trade."""
    return tuple(-change for change in own)


def deposit(setting: Setting, source: Source, target: Target, flow: Flow, expiry_ms: int) -> LegPlan:
    """The leg that takes a deposit into the account."""
    assert flow.amount > 0, "a deposit flows in"
    return move(setting, source, target, changes({}, {flow.asset: flow.amount}), expiry_ms, (flow,))


def withdrawal(setting: Setting, source: Source, target: Target, flow: Flow, expiry_ms: int) -> LegPlan:
    """The leg that pays a withdrawal out.  Raises Unsatisfied when the account holds less, or would lack margin."""
    assert flow.amount < 0, "a withdrawal flows out"
    sold = {flow.asset: -flow.amount}
    check_holds(setting.pool, source.account, sold)
    return move(setting, source, target, changes(sold, {}), expiry_ms, (flow,))


def payment(
    setting: Setting, source: Source, target: Target, receiver: addresses.Address, asset: int, amount: int,
    expiry_ms: int,
) -> tuple[LegPlan, LegPlan]:  # fmt: skip
    """The payer's leg and a genesis leg for the receiver.  Raises Unsatisfied as `withdrawal` does."""
    paid = {asset: amount}
    check_holds(setting.pool, source.account, paid)
    own = move(setting, source, target, changes(paid, {}), expiry_ms)
    return own, move(setting, genesis_source(source.root), Target(receiver), changes({}, paid), expiry_ms)


def move(
    setting: Setting, source: Source, target: Target, delta: Changes, expiry_ms: int, flows: tuple[Flow, ...] = ()
) -> LegPlan:
    """The leg that changes an account's balances by `delta`, with fresh blinding, re-randomisation and rho.

    Raises Unsatisfied when a balance would leave 64 bits, and as `margin_grid` for a margined account.  The expiry is
    rounded up to a multiple of EXPIRY_STEP_MS.
    """
    balances = tuple(balance + change for balance, change in zip(source.account.balances, delta, strict=True))
    for asset, balance in zip(setting.pool.assets, balances, strict=True):
        if not -BALANCE_LIMIT <= balance < BALANCE_LIMIT:
            raise Unsatisfied(f"the account's balance of {asset.symbol} would not fit in 64 bits")
    grid = None if min(balances) >= 0 else margin_grid(setting, balances)
    new = records.Account(target.address.owner, balances, grid.epoch if grid else 0, entropy.scalar(R))
    blinding, alpha = entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    public = _public(source, new, delta, blinding, alpha)
    private = leg.Private(
        ak=source.keys.ak, nk=source.keys.nk, old=source.account, genesis=int(source.is_genesis),
        position=source.position, path=source.path, new=new, blinding=blinding, alpha=alpha,
    )  # fmt: skip
    return LegPlan(
        public=public,
        private=private,
        margin=_margin(grid, new, public.commitment) if grid else None,
        changes=delta,
        spending=(source.keys.ask + alpha) % babyjubjub.ORDER,
        flows=flows,
        expiry_ms=-(-expiry_ms // EXPIRY_STEP_MS) * EXPIRY_STEP_MS,
        sealed=sealing.seal(opening.encode(new, target.index), target.address.viewing, public.commitment),
    )


def check_holds(pool: Pool, account: records.Account, sold: Mapping[int, int]) -> None:
    """Raises Unsatisfied, naming the asset and both amounts, when the account holds less than is sold or paid."""
    for index, amount in sold.items():
        asset, balance = pool.assets[index], account.balances[index]
        if balance < amount:
            raise Unsatisfied(
                f"the account holds {amounts.show(balance, asset)}, which is less than {amounts.show(amount, asset)}"
            )


def margin_grid(setting: Setting, balances: Changes) -> records.RiskGrid:
    """The newest initial grid, which a portfolio with a debt survives.

    Raises Unsatisfied when there is no fresh grid, or when the portfolio fails a scenario.  The message names the worst
    scenario and the loss, so it is for the owner's eyes only.
    """
    if setting.grid is None:
        owed = next(
            asset.symbol for asset, balance in zip(setting.pool.assets, balances, strict=True) if balance < 0
        )
        raise Unsatisfied(
            f"the account would owe {owed}, and there is no fresh risk grid to measure its margin with: "
            "the pool's oracles must publish prices first"
        )
    worth = risk.scenario_values(balances, setting.grid)
    worst = min(range(records.SCENARIOS), key=worth.__getitem__)
    numeraire = setting.pool.assets[amounts.NUMERAIRE]
    if worth[worst] < 0:
        raise Unsatisfied(
            f"the margin does not suffice: in scenario {worst} of epoch {setting.grid.epoch} the account "
            f"would be worth {amounts.show_value(worth[worst], numeraire)} {numeraire.symbol}"
        )
    return setting.grid


def _public(source: Source, new: records.Account, delta: Changes, blinding: int, alpha: int) -> leg.Public:
    old = source.account.commitment(poseidon.hash)
    value = generators.commit(delta, blinding)
    rk = babyjubjub.add(source.keys.ak, babyjubjub.multiply(alpha, babyjubjub.BASE8))
    return leg.Public(
        root=source.root,
        nullifier=records.nullifier(poseidon.hash, source.keys.nk, old, source.position),
        commitment=new.commitment(poseidon.hash),
        value_x=value[0], value_y=value[1], rk_x=rk[0], rk_y=rk[1],
        cash=int(new.epoch == 0),
    )  # fmt: skip


def _margin(grid: records.RiskGrid, new: records.Account, commitment: int) -> tuple[margin.Public, margin.Private]:
    public = margin.Public(commitment=commitment, grid_root=grid.root(poseidon.hash), epoch=grid.epoch, guardian=0)
    return public, margin.Private(account=new, values=grid.values)
