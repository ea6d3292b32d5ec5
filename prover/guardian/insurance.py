"""Drafts of the insurance's account: founding it, drawing for it, moving it, taking over what is seized, selling it."""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits import merkle, records, seizure
from circuits.records import Account, Position
from circuits.statements import leg as leg_statement
from circuits.statements import seize as seize_statement
from prover.guardian import drafts
from prover.guardian.drafts import Draft, Trade
from prover.guardian.view import Watched
from prover.trader import keys
from settlement.bundles.bundle import Account as Place
from settlement.bundles.bundle import Flow
from settlement.ledger import Ledger
from settlement.pool.parameters import Parameters
from settlement.risk.grids import Publication
from zk import entropy
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon

LIFE_MS = 10 * 60_000
TRADE_LIFE_MS = 30_000


@dataclass(frozen=True, repr=False)
class Now(keys.Secret):
    """What a draft is made from: the ledger, its parameters, its newest epoch, the insurance's account, the time.

    `signing_keys` are the guardians' signing keys by number; an insurance's account has the key of its guard.
    """

    ledger: Ledger
    parameters: Parameters
    published: Publication
    insurance: Watched | None
    signing_keys: dict[int, babyjubjub.Point]
    now_ms: int


def take_over(now: Now, seized: Sequence[Watched], trade: Trade | None = None) -> Draft:
    """The insurance takes over the portfolios of these accounts, by the scenarios that are worst for them.

    With a trade, it sells beside that.
    """
    return _draft(now, [_seizure(now, watched) for watched in seized], (), trade)


def balances_after(now: Now, watched: Watched) -> tuple[int, ...]:
    """The insurance's balances when it has taken over this account, whether it can or not."""
    assert now.insurance is not None, "the insurance is founded first"
    _, amount = _terms(now, watched.account)
    change = seizure.changes(watched.account, amount)
    return tuple(before - one for before, one in zip(now.insurance.account.balances, change, strict=True))


def affordable(now: Now, targets: Sequence[Watched], at_most: int) -> list[Watched]:
    """Of these accounts, in order, those that the insurance can take over without breaching maintenance itself."""
    assert now.insurance is not None, "the insurance is founded first"
    balances, chosen = now.insurance.account.balances, list[Watched]()
    for watched in targets:
        alone = balances_after(now, watched)
        after = tuple(map(sum, zip(balances, alone, (-have for have in now.insurance.account.balances), strict=True)))
        if len(chosen) < at_most and survives(after, now.published):
            balances, chosen = after, [*chosen, watched]
    return chosen


def draw(now: Now, flows: Sequence[Flow]) -> Draft:
    """The insurance takes these flows in; with none, it is founded, or moves to the keys of the present guardians."""
    return _draft(now, [], flows)


def drawable(now: Now) -> tuple[Flow, ...]:
    """The flows that empty the public accounts of fees and of the insurance."""
    reader = now.ledger.reader
    return tuple(
        Flow(asset, amount, place, b"", b"")
        for place in (Place.FEE, Place.INSURANCE) for asset in range(records.HELD)
        if (amount := reader.account_balance(place, asset)) > 0
    )  # fmt: skip


def drawn(now: Now, flows: Sequence[Flow]) -> tuple[int, ...]:
    """The insurance's balances when it has taken these flows in."""
    assert now.insurance is not None, "the insurance is founded first"
    balances = list(now.insurance.account.balances)
    for flow in flows:
        balances[flow.asset] += flow.amount
    return tuple(balances)


def survives(balances: Sequence[int], published: Publication) -> bool:
    """Whether balances fit, owe nothing that is held, and survive every scenario of the maintenance grid."""
    limit = 1 << records.BALANCE_BITS - 1
    return (
        min(balances[: records.HELD]) >= 0
        and all(-limit <= balance < limit for balance in balances)
        and all(seizure.worth(balances, row) >= 0 for row in published.maintenance.values)
    )


def _seizure(now: Now, watched: Watched) -> seize_statement.Private[int]:
    scenario, amount = _terms(now, watched.account)
    path, blinding = now.ledger.reader.path(watched.position), entropy.scalar(babyjubjub.ORDER)
    return seize_statement.Private(watched.account, watched.position, path, scenario, amount, blinding)


def _terms(now: Now, account: Account[int]) -> tuple[int, int]:
    """The scenario by which an account is seized, and what is left to its owner."""
    balances, grid = account.balances, now.published.maintenance.values
    scenario = seizure.worst_scenario(balances, grid)
    return scenario, seizure.residual_amount(
        balances, now.published.prices, grid[scenario], now.parameters.penalty_bps
    )


def _draft(
    now: Now, seizures: Sequence[seize_statement.Private[int]], flows: Sequence[Flow], trade: Trade | None = None
) -> Draft:
    guardians = drafts.guardians_of(now.parameters)
    owner = drafts.owner(guardians.signing_key)
    if now.insurance is None:
        number, position = guardians.number, Position(0)
        old = drafts.start(now.ledger.ledger_id, guardians.signing_key)
        path, root = merkle.lone(old.commitment(poseidon.hash), 0), int(now.ledger.reader.tree().root)
    else:
        old, position = now.insurance.account, now.insurance.position
        number, path = old.guard, now.ledger.reader.path(position)
        root = merkle.path_root(path)
    balances = list(old.balances)
    for flow in flows:
        balances[flow.asset] += flow.amount
    for taken in seizures:
        for asset, change in enumerate(seizure.changes(taken.old, taken.amount)):
            balances[asset] -= change
    if trade is not None:
        balances = list(map(sum, zip(balances, trade.changes, strict=True)))
    private = leg_statement.Private(
        ak=now.signing_keys[number], nk=drafts.INSURANCE_NK, old=old, genesis=int(now.insurance is None),
        position=position, path=path, new=Account(owner, tuple(balances), guardians.number, entropy.scalar(R)),
        blinding=entropy.scalar(babyjubjub.ORDER), alpha=entropy.scalar(babyjubjub.ORDER),
    )  # fmt: skip
    return Draft(
        epoch=now.published.epoch, guard=number, root=root, leg=private,
        escrow_secret=entropy.scalar(babyjubjub.ORDER), seizures=tuple(seizures), flows=tuple(flows),
        expiry_ms=now.now_ms + (LIFE_MS if trade is None else TRADE_LIFE_MS), trade=trade,
    )  # fmt: skip
