"""Loans: dollars against the loan claim (dUSDC), whose price grows with interest.

    offer    an order: the lender sells the numeraire and buys the claim
    take     the borrower takes it: he has the dollars, and owes the claim on margin
    repay    the borrower pays the numeraire into the pot, and that much of his debt is cancelled (checks/pot.py)
    redeem   the lender gives the claim to the pot and takes out numeraire that borrowers paid in

A claim is worth price(claim) / price(numeraire) dollars, at the newest epoch's prices.  Whoever uses the pot gives what
is worth at least what he takes, so a rounding costs him less than one smallest unit; a lender takes no more than his
share of what was paid in, so what has lain there without interest may bring him less.  Everybody sees what goes through
the pot.  A lender who finds too little there waits, or sells the claim on the board.
"""

from collections.abc import Callable, Sequence

from circuits.records import Amount, Position
from prover.trader import outbox, plan, sessions, settling
from prover.trader.sessions import Session, Settlement
from prover.trader.trade import Agree, Trade
from prover.trader.wallets import Holding, Wallet
from settlement import amounts
from settlement.amounts import NUMERAIRE
from settlement.bundles.bundle import Account, Bundle, Flow
from settlement.checks import pot
from settlement.ledger import Ledger
from settlement.pool import assets
from settlement.pool.pool import Pool
from zk.errors import FormatError, Unsatisfied


def slot(pool: Pool) -> int:
    """The slot of the loan claim.  Raises FormatError when the pool has none."""
    found = assets.loan_slot(pool.assets)
    if found is None:
        raise FormatError("this pool has no loans: none of its claims is one")
    return found


def prices(ledger: Ledger) -> Sequence[int]:
    """The newest epoch's prices.  Raises Unsatisfied before the first."""
    newest = ledger.reader.grids(1)
    if not newest:
        raise Unsatisfied("no prices are published yet, so nobody knows what a loan is worth")
    return newest[0].publication.prices


def par(ledger: Ledger, lent: int) -> int:
    """The loan claim that is worth the numeraire lent, at the newest prices; rounded up in the lender's favour."""
    at, loan = prices(ledger), slot(ledger.pool)
    return -(-lent * at[NUMERAIRE] // at[loan])


def borrows(agree: Agree) -> Agree:
    """Agrees as `agree` does, after it has seen that the trade borrows: numeraire comes, and loan claim goes."""

    def check(trade: Trade) -> None:
        loan, changes = slot(trade.pool), trade.changes
        others = [change for asset, change in enumerate(changes) if asset not in (NUMERAIRE, loan)]
        if any(others) or changes[NUMERAIRE] <= 0 or changes[loan] >= 0:
            raise Unsatisfied(f"this order is no loan: who takes it gives {trade.sells} and receives {trade.buys}")
        agree(trade)

    return check


def repay(
    session: Session, amount: tuple[int, Amount] | None, now_ms: int, position: int | None = None,
    once: str | None = None,
) -> Settlement:  # fmt: skip
    """Pays a debt back through the pot: an amount (asset, amount) of the claim or of the numeraire, or all of it.

    Raises as the moves do, and Unsatisfied when no account owes the claim, or less than the amount.
    """

    def flows(holding: Holding, at: Sequence[int], loan: int) -> tuple[int, int]:
        debt = -holding.account.balances[loan]
        cancelled = debt if amount is None else claims_of(amount, at, loan)
        if cancelled > debt:
            owed = amounts.show(debt, session.ledger.pool.assets[loan])
            raise Unsatisfied(f"the account owes {owed}, which is less")
        return -pot.repayment(cancelled, at, loan), cancelled

    return _through_pot(session, "repay", amount, now_ms, position, once, flows, is_debt=True)


def redeem(
    session: Session, amount: tuple[int, Amount] | None, now_ms: int, position: int | None = None,
    once: str | None = None,
) -> Settlement:  # fmt: skip
    """Takes numeraire out of the pot for the claim: for an amount, or for all, as far as the pot's numeraire goes.

    Raises as the moves do, and Unsatisfied when no account holds the claim, or the account or the pot holds less.
    """

    def flows(holding: Holding, at: Sequence[int], loan: int) -> tuple[int, int]:
        pool, held = session.ledger.pool, holding.account.balances[loan]
        there = pot.contents(session.ledger.reader, loan)
        if amount is None:
            given = min(held, pot.claims_for(there.numeraire, at, loan, there))
        else:
            given = amount[1] if amount[0] == loan else pot.claims_for(amount[1], at, loan, there)
        plan.check_holds(pool, holding.account, {loan: given} if given else {})
        taken = pot.redemption(given, at, loan, there)
        if amount is None:
            taken = min(taken, there.numeraire)
        if taken > there.numeraire or not taken:
            raise Unsatisfied(
                f"the pot holds {amounts.show(there.numeraire, pool.assets[NUMERAIRE])}: wait until borrowers have "
                "paid back, or sell the claim on the board"
            )
        return taken, -given

    return _through_pot(session, "redeem", amount, now_ms, position, once, flows, is_debt=False)


def _through_pot(
    session: Session, action: str, amount: tuple[int, Amount] | None, now_ms: int, position: int | None,
    once: str | None, flows: Callable[[Holding, Sequence[int], int], tuple[int, int]], *, is_debt: bool,
) -> Settlement:  # fmt: skip
    """Settles the leg of an account with these (numeraire, claim) flows from the pot."""
    pool = session.ledger.pool
    loan = slot(pool)
    if amount is not None and amount[0] not in (NUMERAIRE, loan):
        raise FormatError(f"loans are in {pool.assets[loan].symbol}, against {pool.assets[NUMERAIRE].symbol}")

    def make() -> Bundle:
        sessions.sync(session)
        setting, at = sessions.setting(session, now_ms), prices(session.ledger)
        holding = _holding(session.wallet, pool, loan, position, is_debt=is_debt)
        dollars, claims = flows(holding, at, loan)
        if dollars < 0:
            plan.check_holds(pool, holding.account, {NUMERAIRE: -dollars})
        moved = tuple(
            Flow(asset, Amount(change), Account.POT, b"", b"")
            for asset, change in ((NUMERAIRE, dollars), (loan, claims))
        )
        source, target = sessions.source(session, holding), sessions.target(session, holding.index)
        expiry_ms = now_ms + sessions.IMMEDIATE_MS
        return sessions.assemble(session, [
            plan.move(setting, source, target, plan.flow_changes(moved), expiry_ms, moved)
        ])  # fmt: skip

    return settling.perform(session, outbox.asked(action, once, amount=amount, position=position), now_ms, make)


def claims_of(amount: tuple[int, Amount], at: Sequence[int], loan: int) -> int:
    """An amount of the claim, or of the numeraire at the newest prices, as an amount of the claim, rounded down."""
    asset, count = amount
    return count if asset == loan else count * at[NUMERAIRE] // at[loan]


def _holding(wallet: Wallet, pool: Pool, loan: int, position: int | None, *, is_debt: bool) -> Holding:
    """The account at a position that owes the claim, or holds it; without a position, the wallet's only one."""
    what = f"{'owes' if is_debt else 'holds'} {pool.assets[loan].symbol}"
    found = [
        holding for holding in wallet.live
        if position in (None, holding.position) and (holding.account.balances[loan] * (-1 if is_debt else 1)) > 0
    ]  # fmt: skip
    if not found:
        which = "no account of the wallet" if position is None else f"no account at position {Position(position)}"
        raise Unsatisfied(f"{which} {what}")
    if len(found) > 1:
        positions = ", ".join(str(holding.position) for holding in found)
        raise Unsatisfied(f"more than one account {what}, at positions {positions}: name one with --position")
    return found[0]
