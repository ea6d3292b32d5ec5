"""What an account may owe: claims, on margin, where the pool's guardians can see it; never what is held.

A margined leg needs an escrow, which encrypts its new account to the guardians, and, unless it only adds, a margin:
a proof that the account survives every scenario of the newest initial grid.
"""

from dataclasses import dataclass, field

from circuits import escrow, records
from circuits.statements import escrow as escrow_statement
from circuits.statements import margin as margin_statement
from prover.trader import keys
from prover.trader.pads import Pads
from settlement import amounts
from settlement.checks import margins
from settlement.ledger import Ledger
from settlement.pool.assets import Loan
from settlement.pool.parameters import Guardians, Parameters
from settlement.pool.pool import Pool
from settlement.risk import risk
from zk.errors import Unsatisfied

BALANCE_LIMIT = 1 << records.BALANCE_BITS - 1

Balances = tuple[int, ...]

FROZEN = (
    "prices left what the last grid covers, so the pool takes only cash and top-ups until the oracles publish prices "
    "again"
)
RESTRICTED = (
    "the pool's insurance has not shown that it is solvent, so the pool takes only cash and top-ups until it does"
)


@dataclass(frozen=True)
class Grid:
    """An initial grid and its epoch."""

    epoch: int
    risk: records.RiskGrid[int]


@dataclass(frozen=True)
class Setting:
    """The ledger's state that a plan needs at `now_ms`: its pool, the parameters in force, and the newest initial grid.

    `grid` is None when nothing but cash and top-ups can settle, and `no_grid` says why.  Escrows take their secrets
    from `pads`.
    """

    pool: Pool
    parameters: Parameters
    grid: Grid | None
    no_grid: str = "the pool's oracles must publish prices first"
    now_ms: int = 0
    pads: Pads = field(default_factory=Pads, compare=False, repr=False)


@dataclass(frozen=True, repr=False)
class EscrowPlan(keys.Secret):
    """An escrow before it is proved, and what the guardians decrypt."""

    public: escrow_statement.Public
    private: escrow_statement.Private
    encrypted: escrow.Escrowed


@dataclass(frozen=True, repr=False)
class MarginPlan(keys.Secret):
    """A margin before it is proved, and the epoch of its grid."""

    public: margin_statement.Public
    private: margin_statement.Private
    epoch: int


def setting(ledger: Ledger, now_ms: int) -> Setting:
    """The ledger's state that plans need, as of now: the pool, its parameters, and the newest grid in force."""
    parameters, in_force = ledger.parameters(now_ms), margins.initial(ledger, now_ms)
    if margins.is_frozen(ledger):
        return Setting(ledger.pool, parameters, None, FROZEN, now_ms)
    if margins.silent_epochs(ledger) > parameters.grace_epochs:
        return Setting(ledger.pool, parameters, None, RESTRICTED, now_ms)
    if not in_force:
        return Setting(ledger.pool, parameters, None, now_ms=now_ms)
    newest = in_force[0].publication
    return Setting(ledger.pool, parameters, Grid(newest.epoch, newest.initial), now_ms=now_ms)


def margin_grid(setting: Setting, balances: Balances) -> Grid:
    """The newest initial grid, which a portfolio with a debt survives.

    Raises Unsatisfied when there is no grid, or when the portfolio fails a scenario.  The message names the worst
    scenario and the loss, so it is for the owner's eyes only.
    """
    owed = next(asset.symbol for asset, balance in zip(setting.pool.assets, balances, strict=True) if balance < 0)
    if setting.grid is None:
        raise Unsatisfied(
            f"the account would owe {owed}, and there is no risk grid to measure its margin with: {setting.no_grid}"
        )
    worth = risk.scenario_values(balances, setting.grid.risk)
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
    public = margin_statement.Public(commitment, grid.risk.values)
    return MarginPlan(public, margin_statement.Private(account), grid.epoch)


def check_balances(pool: Pool, balances: Balances) -> None:
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


def guardians_of(setting: Setting, balances: Balances) -> Guardians:
    """The guardians, to whom a margined account is encrypted.  Raises Unsatisfied when the pool has none."""
    guardians = setting.parameters.guardians
    if guardians is None:
        owed = next(asset.symbol for asset, balance in zip(setting.pool.assets, balances, strict=True) if balance < 0)
        raise Unsatisfied(f"the account would owe {owed}, and this pool has no guardians: here nothing can be owed")
    return guardians


def escrow_plan(guardians: Guardians, new: records.Account, commitment: int, pads: Pads) -> EscrowPlan:
    """The escrow of an account for the guardians, under a secret that no other account has."""
    return encrypted(guardians, new, commitment, pads.take(guardians.encryption_key))


def encrypted(guardians: Guardians, new: records.Account, commitment: int, ephemeral: int) -> EscrowPlan:
    """The escrow of an account under this secret, which must be used for no other that anybody sees."""
    key = guardians.encryption_key
    made = escrow.encrypt(new, ephemeral, key)
    digest = escrow.digest(key, made.ephemeral, made.ciphertext)
    return EscrowPlan(
        escrow_statement.Public(commitment, digest), escrow_statement.Private(new, ephemeral, key), made
    )  # fmt: skip
