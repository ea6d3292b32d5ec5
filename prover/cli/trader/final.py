"""What is settled and what is final, told apart.  In a pool without validators nothing is said: nothing is final."""

from typing import Any

from prover.cli.trader import show
from prover.trader.wallets import Wallet
from settlement.following import finality
from settlement.ledger import Ledger


def sizes(ledger: Ledger) -> dict[str, int]:
    """{"settled_events": …, "final_events": …}, or nothing in a pool without validators."""
    size = ledger.reader.last_event().height + 1
    if not finality.validators(ledger, size).quorum:
        return {}
    return {"settled_events": size, "final_events": finality.size(ledger)}


def pool_fields(ledger: Ledger) -> show.Fields:
    """How much of the ledger is final."""
    return [("final", f"{found['final_events']:,} of {found['settled_events']:,} events")
            for found in [sizes(ledger)] if found]  # fmt: skip


def wallet_fields(ledger: Ledger, wallet: Wallet) -> show.Fields:
    """How much of a wallet's total is final."""
    found = balances(ledger, wallet)
    if found is None:
        return []
    if found == wallet.balances:
        return [("final", "all of it")]
    return [("final", f"{show.line(found, ledger.pool)}; the rest is settled, and waits for the validators")]


def balances(ledger: Ledger, wallet: Wallet) -> tuple[int, ...] | None:
    """What the wallet's final accounts have together, without what it only counts; None without validators."""
    if not sizes(ledger):
        return None
    leaves = finality.leaves(ledger)
    final = [holding.account.balances for holding in wallet.live if holding.position < leaves]
    together = [sum(column) for column in zip(*final, strict=True)] or [0] * len(wallet.balances)
    if wallet.dust.count and leaves >= wallet.scanned:
        together = [held + small for held, small in zip(together, wallet.dust.balances, strict=True)]
    return tuple(together)


def wallet_json(ledger: Ledger, wallet: Wallet) -> dict[str, Any]:
    """The same for --json."""
    found = balances(ledger, wallet)
    return {} if found is None else {"final_balances": show.balances_json(found, ledger.pool)}


def state(ledger: Ledger, height: int) -> str | None:
    """Whether the event at a height is "final" or "settled"; None in a pool without validators."""
    found = sizes(ledger)
    return None if not found else "final" if height < found["final_events"] else "settled"


def receipt_fields(ledger: Ledger, height: int) -> show.Fields:
    """Whether a bundle is final, and what that takes."""
    known = state(ledger, height)
    if known is None:
        return []
    members = finality.validators(ledger, height + 1)
    waits = f"settled; final when {members.quorum} of {len(members.members)} validators have cosigned it"
    return [("state", "final" if known == "final" else waits)]


def receipt_json(ledger: Ledger, height: int) -> dict[str, Any]:
    """The same for --json."""
    known = state(ledger, height)
    return {} if known is None else {"state": known}
