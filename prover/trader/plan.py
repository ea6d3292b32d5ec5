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

from circuits import generators, merkle, records
from circuits.records import Position, Root
from circuits.statements import leg
from prover.trader import addresses, keys, opening, owing, sealing, toppingup
from prover.trader import blinding as blindings
from prover.trader.owing import EscrowPlan, MarginPlan, Setting
from settlement import amounts
from settlement.bundles.bundle import NO_DIGEST, Flow
from settlement.bundles.bundle import Account as FlowAccount
from settlement.pool.pool import Pool
from zk import entropy
from zk.curves import babyjubjub
from zk.errors import Unsatisfied
from zk.fields.prime import R

NOTHING = (0,) * records.ASSETS

EXPIRY_STEP_MS = 10 * 60_000
"""Every leg expires at a multiple of this: an expiry to the millisecond would reveal when and by whom it was made."""

Changes = tuple[int, ...]
Path = tuple[tuple[int, ...], ...]


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
    """The owner of the account that a leg ends in: an address; if it is one's own, its index and its blinding key.

    Without a blinding key the leg's blinding and rk are random, and nobody can compute them again.
    """

    address: addresses.Address
    index: int = 0
    blinding_key: bytes | None = None


@dataclass(frozen=True, repr=False)
class LegPlan(keys.Secret):
    """One leg before it is proved.  `spending` is ask + α, the secret of rk; `sealed` is the new account's opening.

    `companions` and `terms` are the digests that the leg will sign: NO_DIGEST while it names none, and random bytes
    unless it is an order.  `setting` is what it was planned in; it pays the pool's fee for `num_fees` legs.
    """

    setting: Setting
    num_fees: int

    public: leg.Public
    private: leg.Private
    escrow: EscrowPlan | None
    margin: MarginPlan | None
    changes: Changes
    spending: int
    flows: tuple[Flow, ...]
    expiry_ms: int
    sealed: bytes
    terms: bytes
    companions: bytes = NO_DIGEST

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
    from zk.hashes import quick

    fresh = keys.throwaway()
    account = records.Account(fresh.owner, NOTHING, 0, entropy.scalar(R))
    path = merkle.lone(account.commitment(quick.hash), 0, quick.hash)
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
    expiry_ms: int, root: Root | None = None,
) -> tuple[LegPlan, LegPlan]:  # fmt: skip
    """The payer's leg, which pays the fees of both, and a genesis leg for the receiver, which names `root`.

    Raises Unsatisfied as `withdrawal` does.
    """
    paid, start = {asset: amount}, genesis_source(source.root if root is None else root)
    check_holds(setting.pool, source.account, paid)
    own = move(setting, source, target, changes(paid, {}), expiry_ms, num_fees=2)
    given = move(setting, start, Target(receiver), changes({}, paid), expiry_ms, num_fees=0)
    return own, given


def top_up(
    setting: Setting, source: Source, target: Target, added: Changes, expiry_ms: int, flows: tuple[Flow, ...] = (),
    *, periods: Sequence[int], num_fees: int = 1,
) -> LegPlan:  # fmt: skip
    """The leg that only adds to a margined account.  It needs no margin, so that it works in a breach too.

    `periods` are those in which its owner may still top up (prover/trader/toppingup.py).  An account that owes nothing
    afterwards becomes a cash account, and needs none.

    Raises Unsatisfied when the account is not margined, because then there is nothing to cure, and when it needs a
    period and there is none.
    """
    if source.account.guard == 0:
        raise Unsatisfied("the account owes nothing, so there is nothing to top up: make a deposit or a payment")
    return move(setting, source, target, added, expiry_ms, flows, num_fees=num_fees, periods=periods)


def move(
    setting: Setting, source: Source, target: Target, delta: Changes, expiry_ms: int, flows: tuple[Flow, ...] = (),
    *, num_fees: int = 1, periods: Sequence[int] | None = None, step_ms: int = EXPIRY_STEP_MS,
) -> LegPlan:  # fmt: skip
    """The leg that changes an account's balances by `delta`, with fresh rho, blinding and re-randomisation.

    It pays the fee for `num_fees` legs besides, and visibly for one.  With `periods` it is a top-up, which counts
    in one of them and needs no margin.  The expiry is rounded up to a multiple of `step_ms`.

    Raises Unsatisfied when the account would owe a held asset, when a balance would leave 64 bits, and, for a margined
    account, when the pool has no guardians and as `owing.margin_grid`.
    """
    from zk.hashes import quick  # loads the kernels, which the proof needs anyway

    fee = setting.parameters.fees.leg
    fees = (Flow(amounts.NUMERAIRE, records.Amount(-fee), FlowAccount.FEE, b"", b""),) if fee else ()
    delta = (delta[amounts.NUMERAIRE] - num_fees * fee, *delta[amounts.NUMERAIRE + 1 :])
    balances = tuple(balance + change for balance, change in zip(source.account.balances, delta, strict=True))
    if periods is not None and min(delta) < 0:
        raise Unsatisfied("a top-up must bring at least the pool's fee for its leg")
    owing.check_balances(setting.pool, balances)
    guardians = None if min(balances) >= 0 else owing.guardians_of(setting, balances)
    period = None if guardians is None or periods is None else toppingup.choose(periods)
    grid = None if guardians is None or period is not None else owing.margin_grid(setting, balances)
    new = records.Account(target.address.owner, balances, guardians.number if guardians else 0, entropy.scalar(R))
    commitment = new.commitment(quick.hash)
    blinding, alpha = blindings.choose(target.blinding_key, commitment, source.keys.ask)
    public = _public(source, new, commitment, delta, blinding, alpha, period)
    private = leg.Private(
        ak=source.keys.ak, nk=source.keys.nk, old=source.account, genesis=int(source.is_genesis),
        position=source.position, path=source.path, new=new, blinding=blinding, alpha=alpha,
    )  # fmt: skip
    return LegPlan(
        setting=setting,
        num_fees=num_fees,
        public=public,
        private=private,
        escrow=owing.escrow_plan(guardians, new, public.commitment, setting.pads) if guardians else None,
        margin=owing.margin_plan(grid, new, public.commitment) if grid else None,
        changes=delta,
        spending=(source.keys.ask + alpha) % babyjubjub.ORDER,
        flows=(*flows, *fees),
        expiry_ms=-(-expiry_ms // step_ms) * step_ms,
        sealed=sealing.seal(opening.encode(new, target.index), target.address, public.commitment),
        terms=entropy.token(len(NO_DIGEST)),
    )


def flow_changes(flows: Sequence[Flow]) -> Changes:
    """What these flows do to the balances of the account whose leg they are on."""
    total = [0] * records.ASSETS
    for flow in flows:
        total[flow.asset] += flow.amount
    return tuple(total)


def check_holds(pool: Pool, account: records.Account, sold: Mapping[int, int]) -> None:
    """Raises Unsatisfied, naming the asset and both amounts, when the account holds less than is sold or paid."""
    for index, amount in sold.items():
        asset, balance = pool.assets[index], account.balances[index]
        if balance < amount:
            raise Unsatisfied(
                f"the account holds {amounts.show(balance, asset)}, which is less than {amounts.show(amount, asset)}"
            )


def _public(
    source: Source, new: records.Account, commitment: int, delta: Changes, blinding: int, alpha: int,
    period: int | None,
) -> leg.Public:  # fmt: skip
    from zk.hashes import quick

    old = source.account.commitment(quick.hash)
    value = generators.commit(delta, blinding)
    rk = babyjubjub.add(source.keys.ak, babyjubjub.multiply_base(alpha, babyjubjub.BASE8))
    kappa = records.kappa(source.account, source.keys.nk)
    return leg.Public(
        root=source.root,
        nullifier=records.nullifier(quick.hash, kappa, old, source.position),
        commitment=commitment,
        value_x=value[0], value_y=value[1], rk_x=rk[0], rk_y=rk[1],
        guard=new.guard, adds=int(period is not None), period=period or 0,
        tag=0 if period is None else toppingup.tag(source.keys, period),
    )  # fmt: skip
