"""Plans: from an action to the inputs of the statements that prove it.  Nothing here proves, signs or sends.

Every action is the same move: an account changes from one state to another, and the leg commits to the change.

    deposit      +amount, and a flow in          genesis leg or a live account
    withdrawal   −amount, and a flow out
    payment      −amount, together with a genesis leg that gives it to the receiver
    top-up       +amount into a margined account, from outside or from an own cash account
    order        −amounts sold, +amounts bought
    taking       the opposite of an order's changes
    cancelling   no change: the account moves, which voids every order made from its old state

An account whose new balances are all at least zero is a cash account (guard 0).  Any other owes a claim and is
margined: its guard is the number of the guardians' key, its opening is encrypted to them, and unless the leg is
a top-up it needs a margin proof against the newest grid.  A held asset is never owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from circuits import escrow, generators, merkle, records
from circuits.records import Position, Root
from circuits.statements import leg, margin
from circuits.statements import escrow as escrow_statement
from prover.trader import addresses, keys, opening, sealing
from settlement import amounts, risk
from settlement.assets import Loan
from settlement.bundle import NO_DIGEST, Flow
from settlement.bundle import Account as FlowAccount
from settlement.parameters import Guardians, Parameters
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
class Grid:
    """The values of an initial grid, and its epoch."""

    epoch: int
    values: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Setting:
    """The ledger's state that a plan needs: its pool, the parameters in force, and the newest initial grid.

    `grid` is None when nothing but cash and top-ups can settle, and `no_grid` says why.
    """

    pool: Pool
    parameters: Parameters
    grid: Grid | None
    no_grid: str = "the pool's oracles must publish prices first"


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
class EscrowPlan(keys.Secret):
    """An escrow before it is proved, and what the guardians decrypt."""

    public: escrow_statement.Public
    private: escrow_statement.Private
    encrypted: escrow.Escrowed


@dataclass(frozen=True, repr=False)
class MarginPlan(keys.Secret):
    """A margin before it is proved, and the epoch of its grid."""

    public: margin.Public
    private: margin.Private
    epoch: int


@dataclass(frozen=True, repr=False)
class LegPlan(keys.Secret):
    """One leg before it is proved.  `spending` is ask + α, the secret of rk; `sealed` is the new account's opening.

    `companions` and `terms` are the digests that the leg will sign, NO_DIGEST while there are none.
    """

    public: leg.Public
    private: leg.Private
    escrow: EscrowPlan | None
    margin: MarginPlan | None
    changes: Changes
    spending: int
    flows: tuple[Flow, ...]
    expiry_ms: int
    sealed: bytes
    companions: bytes = NO_DIGEST
    terms: bytes = NO_DIGEST

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
    """The change of each balance when these amounts (positive, by asset index) are sold and bought."""
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
    """The payer's leg, which pays the fees of both, and a genesis leg for the receiver.

    Raises Unsatisfied as `withdrawal` does.
    """
    paid = {asset: amount}
    check_holds(setting.pool, source.account, paid)
    own = move(setting, source, target, changes(paid, {}), expiry_ms, num_fees=2)
    given = move(setting, genesis_source(source.root), Target(receiver), changes({}, paid), expiry_ms, num_fees=0)
    return own, given


def top_up(
    setting: Setting, source: Source, target: Target, added: Changes, expiry_ms: int, flows: tuple[Flow, ...] = (),
    *, num_fees: int = 1,
) -> LegPlan:  # fmt: skip
    """The leg that only adds to a margined account.  It needs no margin, so that it works in a breach too.

    Raises Unsatisfied when the account is not margined, because then there is nothing to cure.
    """
    if source.account.guard == 0:
        raise Unsatisfied("the account owes nothing, so there is nothing to top up: make a deposit or a payment")
    return move(setting, source, target, added, expiry_ms, flows, num_fees=num_fees, adds=True)


def move(
    setting: Setting, source: Source, target: Target, delta: Changes, expiry_ms: int, flows: tuple[Flow, ...] = (),
    *, num_fees: int = 1, adds: bool = False,
) -> LegPlan:  # fmt: skip
    """The leg that changes an account's balances by `delta`, with fresh blinding, re-randomisation and rho.

    It pays the pool's fee for `num_fees` legs of its bundle besides.  With `adds` it says that it only adds, and needs
    no margin.  The expiry is rounded up to a multiple of EXPIRY_STEP_MS.

    Raises Unsatisfied when the account would owe a held asset, when a balance would leave 64 bits, and, for a margined
    account, when the pool has no guardians and as `margin_grid`.
    """
    fees = _fees(setting, num_fees)
    delta = tuple(map(sum, zip(delta, flow_changes(fees), strict=True)))
    balances = tuple(balance + change for balance, change in zip(source.account.balances, delta, strict=True))
    if adds and min(delta) < 0:
        raise Unsatisfied("a top-up must bring at least the pool's fee for its leg")
    _check_balances(setting.pool, balances)
    guardians = None if min(balances) >= 0 else _guardians(setting, balances)
    grid = None if guardians is None or adds else margin_grid(setting, balances)
    new = records.Account(
        target.address.owner, balances, guardians.number if guardians else 0, entropy.scalar(R)
    )
    blinding, alpha = entropy.scalar(babyjubjub.ORDER), entropy.scalar(babyjubjub.ORDER)
    public = _public(source, new, delta, blinding, alpha, adds=adds)
    private = leg.Private(
        ak=source.keys.ak, nk=source.keys.nk, old=source.account, genesis=int(source.is_genesis),
        position=source.position, path=source.path, new=new, blinding=blinding, alpha=alpha,
    )  # fmt: skip
    return LegPlan(
        public=public,
        private=private,
        escrow=_escrow(guardians, new, public.commitment) if guardians else None,
        margin=margin_plan(grid, new, public.commitment) if grid else None,
        changes=delta,
        spending=(source.keys.ask + alpha) % babyjubjub.ORDER,
        flows=(*flows, *fees),
        expiry_ms=-(-expiry_ms // EXPIRY_STEP_MS) * EXPIRY_STEP_MS,
        sealed=sealing.seal(opening.encode(new, target.index), target.address, public.commitment),
    )


def flow_changes(flows: Sequence[Flow]) -> Changes:
    """What these flows do to the balances of the account whose leg they are on."""
    total = [0] * records.ASSETS
    for flow in flows:
        total[flow.asset] += flow.amount
    return tuple(total)


def _fees(setting: Setting, num_fees: int) -> tuple[Flow, ...]:
    amount = num_fees * setting.parameters.fees.leg
    return (Flow(amounts.NUMERAIRE, records.Amount(-amount), FlowAccount.FEE, b"", b""),) if amount else ()


def check_holds(pool: Pool, account: records.Account, sold: Mapping[int, int]) -> None:
    """Raises Unsatisfied, naming the asset and both amounts, when the account holds less than is sold or paid."""
    for index, amount in sold.items():
        asset, balance = pool.assets[index], account.balances[index]
        if balance < amount:
            raise Unsatisfied(
                f"the account holds {amounts.show(balance, asset)}, which is less than {amounts.show(amount, asset)}"
            )


def margin_grid(setting: Setting, balances: Changes) -> Grid:
    """The newest initial grid, which a portfolio with a debt survives.

    Raises Unsatisfied when there is no grid, or when the portfolio fails a scenario.  The message names the worst
    scenario and the loss, so it is for the owner's eyes only.
    """
    owed = next(asset.symbol for asset, balance in zip(setting.pool.assets, balances, strict=True) if balance < 0)
    if setting.grid is None:
        raise Unsatisfied(
            f"the account would owe {owed}, and there is no risk grid to measure its margin with: {setting.no_grid}"
        )
    worth = risk.scenario_values(balances, setting.grid.values)
    worst = min(range(records.SCENARIOS), key=worth.__getitem__)
    numeraire = setting.pool.assets[amounts.NUMERAIRE]
    if worth[worst] < 0:
        raise Unsatisfied(
            f"the margin does not suffice: in scenario {worst} of epoch {setting.grid.epoch} the account "
            f"would be worth {amounts.show_value(worth[worst], numeraire)} {numeraire.symbol}"
        )
    return setting.grid


def margin_plan(grid: Grid, account: records.Account, commitment: int) -> MarginPlan:
    """The margin of an account against a grid, whether or not it suffices."""
    return MarginPlan(margin.Public(commitment, grid.values), margin.Private(account), grid.epoch)


def _check_balances(pool: Pool, balances: Changes) -> None:
    """Raises Unsatisfied when a held asset would be owed, or a balance does not fit."""
    for slot, (asset, balance) in enumerate(zip(pool.assets, balances, strict=True)):
        if slot < records.HELD and balance < 0:
            raise Unsatisfied(
                f"the account would lack {amounts.show(-balance, asset)}, and what is held is never owed: deposit or "
                f"buy it first{_how_to_borrow(pool)}"
            )
        if not -BALANCE_LIMIT <= balance < BALANCE_LIMIT:
            raise Unsatisfied(f"the account's balance of {asset.symbol} would not fit in 64 bits")


def _how_to_borrow(pool: Pool) -> str:
    """How to borrow in this pool, as the end of a sentence; empty when it has no loans."""
    loans = [asset for asset in pool.assets if asset.kind == "loan"]
    if not loans:
        return ""
    loan = loans[0]
    lent = pool.assets[loan.terms.underlying].symbol if isinstance(loan.terms, Loan) else loan.symbol
    return f"; to borrow {lent}, sell {loan.symbol}, which may be owed on margin"


def _guardians(setting: Setting, balances: Changes) -> Guardians:
    """The guardians, to whom a margined account is encrypted.  Raises Unsatisfied when the pool has none."""
    guardians = setting.parameters.guardians
    if guardians is None:
        owed = next(asset.symbol for asset, balance in zip(setting.pool.assets, balances, strict=True) if balance < 0)
        raise Unsatisfied(f"the account would owe {owed}, and this pool has no guardians: here nothing can be owed")
    return guardians


def _public(source: Source, new: records.Account, delta: Changes, blinding: int, alpha: int, *, adds: bool) -> leg.Public:
    old = source.account.commitment(poseidon.hash)
    value = generators.commit(delta, blinding)
    rk = babyjubjub.add(source.keys.ak, babyjubjub.multiply(alpha, babyjubjub.BASE8))
    kappa = records.kappa(source.account, source.keys.nk)
    return leg.Public(
        root=source.root,
        nullifier=records.nullifier(poseidon.hash, kappa, old, source.position),
        commitment=new.commitment(poseidon.hash),
        value_x=value[0], value_y=value[1], rk_x=rk[0], rk_y=rk[1],
        guard=new.guard, adds=int(adds),
    )  # fmt: skip


def _escrow(guardians: Guardians, new: records.Account, commitment: int) -> EscrowPlan:
    key, ephemeral = guardians.encryption_key, entropy.scalar(babyjubjub.ORDER)
    encrypted = escrow.encrypt(new, ephemeral, key)
    digest = escrow.digest(key, encrypted.ephemeral, encrypted.ciphertext)
    return EscrowPlan(
        escrow_statement.Public(commitment, digest), escrow_statement.Private(new, ephemeral, key), encrypted
    )
