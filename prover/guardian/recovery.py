"""When the insurance is insolvent: what the guardians state, and the early expiry that shares the loss.

    lack of an account   ⌈−V / p_loan⌉ when its worth V at published prices is below zero, else 0
    deficit of a claim   Σ of the lacks of accounts whose largest position is this claim: + of those short, − of others
    open interest        Σ of what is owed of the claim, in all margined accounts

An account's largest position is that of the claim, other than the loan, which is worth most.
settlement/checks/expiry.py makes the rate of these figures: whoever won on the claim wins less, by what the losers
lack.  """

from collections.abc import Callable, Iterable
from dataclasses import replace

from circuits import records, seizure
from circuits.records import Account
from prover.guardian.drafts import UNSIGNED, Message
from settlement.checks import expiry, margins
from settlement.checks.expiry import Expiry
from settlement.checks.state import State
from settlement.pool import assets
from settlement.pool.pool import Pool
from settlement.risk.grids import Publication
from zk.errors import FormatError, Unsatisfied
from zk.formats import dataclassjson
from zk.formats.dataclassjson import Codec

Figures = Callable[[], Iterable[Account[int]]]
"""The accounts that a guardian sees, up to date."""


def _read(value: object, place: str) -> Expiry:
    return expiry.decode(dataclassjson.hexadecimal(expiry.EXPIRY_BYTES).read(value, place))


codec: Codec[Expiry] = Codec(_read, lambda one: expiry.encode(one).hex())


def figures(accounts: Iterable[Account[int]], claim: int, pool: Pool, published: Publication) -> tuple[int, int]:
    """The deficit and the open interest of a claim, at the prices of an epoch."""
    loan = assets.loan_slot(pool.assets)
    deficit = interest = 0
    for account in accounts:
        interest += max(0, -account.balances[claim])
        worth = seizure.worth(account.balances, published.prices)
        if worth < 0 and loan is not None and _largest(account, published, loan) == claim:
            lack = -(worth // published.prices[loan])
            deficit += lack if account.balances[claim] < 0 else -lack
    return deficit, interest


def _largest(account: Account[int], published: Publication, loan: int) -> int:
    claims = [slot for slot in range(records.HELD, records.ASSETS) if slot != loan]
    return max(claims, key=lambda slot: abs(account.balances[slot] * published.prices[slot]))


def propose(state: State, accounts: Iterable[Account[int]], claim: int, now_ms: int) -> Expiry:
    """The expiry of a claim by the guardians' figures, not signed.

    Raises Unsatisfied when the pool has no loan, no prices, or nobody owes the claim.
    """
    loan, newest = assets.loan_slot(state.pool.assets), margins.maintenance(state, now_ms)
    if loan is None or newest is None:
        raise Unsatisfied("a claim expires early at fresh prices, in a pool that has a loan to convert it into")
    published, symbol = newest.publication, state.pool.assets[claim].symbol
    deficit, interest = figures(accounts, claim, state.pool, published)
    if not interest:
        raise Unsatisfied(f"nobody owes {symbol}")
    rate = expiry.rate(published.prices[claim], published.prices[loan], deficit, interest)
    return Expiry(claim, published.epoch, deficit, interest, rate, UNSIGNED)


def checked(state: State, stated: Expiry, seen: Figures | None, now_ms: int) -> Message:
    """The message of an expiry, whose figures are those that this guardian sees itself.

    Raises Unsatisfied when it sees others, or watches nothing.
    """
    if seen is None:
        raise Unsatisfied("a guardian that watches nothing signs no figures")
    own = propose(state, seen(), stated.claim, now_ms)
    if replace(stated, signature=UNSIGNED) != own:
        raise Unsatisfied(
            f"a guardian does not sign this: it sees a deficit of {own.deficit} and an open interest of "
            f"{own.open_interest} in epoch {own.epoch}"
        )
    guardians = state.parameters(now_ms).guardians
    if guardians is None:
        raise FormatError("the pool has no guardians")
    return Message(guardians.number, 0, expiry.message(state.ledger_id, own))
