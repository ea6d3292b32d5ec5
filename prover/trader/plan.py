"""From what somebody wants to the inputs of the statements that prove it.  Nothing here proves, signs or sends.

Every action is the same move: an account goes from a state to another, and the change is committed to.

    deposit      +amount, and a flow in          genesis leg or a live account
    withdrawal   −amount, and a flow out
    payment      −amount, beside a genesis leg that gives it to the receiver
    order        −what is sold, +what is bought
    taking       the opposite of an order's changes
    cancelling   no change: the account moves, and what was made from its old state is void

An account whose new balances are all at least zero is a cash account (cash = 1, epoch 0).  Any other is leveraged:
it takes the newest grid's epoch and needs a margin proof.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from circuits import generators, merkle, records
from circuits.statements import leg, margin
from prover.trader import addresses, amounts, keys, opening, sealing
from settlement import risk
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
"""Every leg expires at a multiple of this: to the millisecond its expiry would tell when and by whom it was made."""

Changes = tuple[int, ...]
Path = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Setting:
    """What a plan takes from the ledger: its pool, and the newest initial grid, if there is one that is fresh."""

    pool: Pool
    grid: records.RiskGrid | None


@dataclass(frozen=True, repr=False)
class Source(keys.Secret):
    """The account a leg starts from, with its keys, and its place in the tree under a root of it.

    A genesis leg starts from an empty account that is in no tree, and names any root.
    """

    keys: keys.AccountKeys
    account: records.Account
    position: int
    path: Path
    root: int
    is_genesis: bool = False


@dataclass(frozen=True, repr=False)
class Target(keys.Secret):
    """Who owns the account a leg ends in: an address, and the index if it is one's own (zero if not)."""

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
        """The account this leg ends in."""
        return self.private.new

    @property
    def blinding(self) -> int:
        """The blinding of the leg's value commitment."""
        return self.private.blinding


def nowhere(root: int) -> Source:
    """An empty account under throw-away keys, where a genesis leg starts: alone in a tree of its own."""
    fresh = keys.throwaway()
    account = records.Account(fresh.owner, NOTHING, 0, entropy.scalar(R))
    path = merkle.lone(account.commitment(poseidon.hash), 0)
    return Source(fresh, account, 0, path, root, is_genesis=True)


def changes(sell: Mapping[int, int], buy: Mapping[int, int]) -> Changes:
    """What selling and buying amounts (by asset index, positive) changes in each of the eight balances."""
    assert all(amount > 0 for amount in (*sell.values(), *buy.values())), "amounts are positive"
    return tuple(buy.get(asset, 0) - sell.get(asset, 0) for asset in range(records.ASSETS))


def opposite(changed: Changes) -> Changes:
    """What the other side of a trade changes."""
    return tuple(-change for change in changed)


def deposit(setting: Setting, source: Source, target: Target, flow: Flow, expiry_ms: int) -> LegPlan:
    """The leg that takes a deposit into the account."""
    assert flow.amount > 0, "a deposit flows in"
    return move(setting, source, target, changes({}, {flow.asset: flow.amount}), expiry_ms, (flow,))


def withdrawal(setting: Setting, source: Source, target: Target, flow: Flow, expiry_ms: int) -> LegPlan:
    """The leg that pays a withdrawal out.  Raises Unsatisfied when the account holds less, or lacks margin after it."""
    assert flow.amount < 0, "a withdrawal flows out"
    sold = {flow.asset: -flow.amount}
    check_holds(setting.pool, source.account, sold)
    return move(setting, source, target, changes(sold, {}), expiry_ms, (flow,))


def payment(
    setting: Setting, source: Source, target: Target, receiver: addresses.Address, asset: int, amount: int, expiry_ms: int
) -> tuple[LegPlan, LegPlan]:
    """One's own leg and a genesis leg for the receiver.  Raises Unsatisfied as `withdrawal` does."""
    paid = {asset: amount}
    check_holds(setting.pool, source.account, paid)
    own = move(setting, source, target, changes(paid, {}), expiry_ms)
    return own, move(setting, nowhere(source.root), Target(receiver), changes({}, paid), expiry_ms)


def move(
    setting: Setting, source: Source, target: Target, changed: Changes, expiry_ms: int, flows: tuple[Flow, ...] = ()
) -> LegPlan:
    """The leg that changes an account's balances by `changed`, with fresh blinding, re-randomisation and rho.

    Raises Unsatisfied when a balance would leave 64 bits, or when the new account is leveraged and there is no grid or
    it does not survive the grid.  The expiry is rounded up to a multiple of EXPIRY_STEP_MS.
    """
    balances = tuple(balance + change for balance, change in zip(source.account.balances, changed, strict=True))
    for asset, balance in zip(setting.pool.assets, balances, strict=True):
        if not -BALANCE_LIMIT <= balance < BALANCE_LIMIT:
            raise Unsatisfied(f"the account's balance of {asset.symbol} would not fit in 64 bits")
    is_cash = min(balances) >= 0
    if not is_cash:
        check_margin(setting, balances)
    epoch = 0 if is_cash else setting.grid.epoch
    new = records.Account(target.address.owner, balances, epoch, entropy.scalar(R))
    blinding, alpha = entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    public = _public(source, new, changed, blinding, alpha)
    private = leg.Private(
        ak=source.keys.ak, nk=source.keys.nk, old=source.account, genesis=int(source.is_genesis),
        position=source.position, path=source.path, new=new, blinding=blinding, alpha=alpha,
    )  # fmt: skip
    return LegPlan(
        public=public,
        private=private,
        margin=None if is_cash else _margin(setting.grid, new, public.commitment),
        changes=changed,
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
            held, wanted = amounts.show(balance, asset), amounts.show(amount, asset)
            raise Unsatisfied(f"the account holds {held}, less than {wanted}")


def check_margin(setting: Setting, balances: Changes) -> None:
    """Raises Unsatisfied when a portfolio with a debt has no grid to be measured by, or fails one of its scenarios.

    The message says which scenario is worst and by how much: it is for the owner's eyes.
    """
    if setting.grid is None:
        owed = next(asset.symbol for asset, balance in zip(setting.pool.assets, balances) if balance < 0)
        raise Unsatisfied(f"the account would owe {owed}, and no risk grid is published that it could be measured by")
    worth = risk.scenario_values(balances, setting.grid)
    worst = min(range(records.SCENARIOS), key=worth.__getitem__)
    numeraire = setting.pool.assets[amounts.NUMERAIRE]
    if worth[worst] < 0:
        raise Unsatisfied(
            f"the margin does not suffice: in scenario {worst} of epoch {setting.grid.epoch} the account "
            f"would be worth {amounts.show_value(worth[worst], numeraire)} {numeraire.symbol}"
        )


def _public(source: Source, new: records.Account, changed: Changes, blinding: int, alpha: int) -> leg.Public:
    old = source.account.commitment(poseidon.hash)
    value = generators.commit(changed, blinding)
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
