"""Brings a wallet up to date with the ledger, or restores it from its seed phrase alone.

The viewing key is tried on every ciphertext of every new leaf; the view tag ends nearly every trial after one X25519.
An opening counts only when it hashes to the leaf and its owner belongs to the wallet.  A holding is spent when its
nullifier is on the ledger, which also closes the orders placed from it: each was either taken or is void.

The opening names the index of its owner when the wallet wrote it itself.  A payer cannot know that index, so the
owners of the other openings are searched among the indices up to GAP above the highest one in use.
"""

from dataclasses import dataclass, replace

from circuits import records
from circuits.records import Nullifier
from prover.machine import tasks
from prover.trader import keys, opening, sealing
from prover.trader.walletfile import LastSeen
from prover.trader.wallets import Holding, Wallet
from settlement import digests, encoding
from settlement.ledger import Ledger
from settlement.storage.rows import Output
from zk.errors import FormatError
from zk.hashes import poseidon

GAP = 20


@dataclass(frozen=True)
class Closed:
    """An own order whose account has moved: the height at which the order was taken, or None when it is void."""

    order_id: str
    taken_height: int | None


class LedgerWentBack(Exception):
    """The ledger lost an event that a wallet saw: it is an older copy, or has another history."""


@dataclass(frozen=True)
class Synced:
    """The updated wallet and what changed: leaves tried, accounts received, accounts spent, and orders closed.

    `archived` are spent accounts that are no longer in the wallet: walletfile.WalletFile.save archives them.
    """

    wallet: Wallet
    tried: int
    received: int
    spent: int
    closed: tuple[Closed, ...]
    archived: tuple[Holding, ...] = ()


def sync(ledger: Ledger, wallet: Wallet) -> Synced:
    """The wallet with everything on the ledger that belongs to it.

    Raises FormatError when the wallet was synced with another ledger, and LedgerWentBack when the ledger no longer has
    the newest event that the wallet saw.
    """
    ledger_id = ledger.ledger_id.hex()
    if wallet.ledger_id not in (None, ledger_id):
        raise FormatError("the wallet belongs to another ledger: restore it from its phrase under another name")
    if has_lost(ledger, wallet):
        raise LedgerWentBack(_went_back(wallet.seen_height, "this wallet", "NAME"))
    newest = ledger.reader.last_event()
    outputs = ledger.reader.outputs(wallet.scanned)
    new_holdings = _received_holdings(wallet, outputs)
    holdings = (*wallet.live, *new_holdings)
    spent = tuple(holding for holding in holdings if ledger.reader.is_spent(nullifier(wallet.seed, holding)))
    spent_positions = {holding.position for holding in spent}
    updated = replace(
        wallet, ledger_id=ledger_id, scanned=wallet.scanned + len(outputs),
        live=tuple(holding for holding in holdings if holding.position not in spent_positions),
        top_index=max((wallet.top_index, *(holding.index for holding in new_holdings))),
        seen_height=newest.height, seen=newest.digest.hex(),
    )  # fmt: skip
    closed = _closed_orders(ledger, wallet, spent)
    closed_ids = {order.order_id for order in closed}
    updated = replace(updated, orders=tuple(order for order in wallet.orders if order.order_id not in closed_ids))
    return Synced(updated, len(outputs), len(new_holdings), len(spent), closed, spent)


def has_lost(ledger: Ledger, wallet: Wallet) -> bool:
    """Whether the ledger no longer has the newest event of its own that the wallet saw: an older copy may not."""
    if wallet.seen is None or wallet.ledger_id != ledger.ledger_id.hex():
        return False
    return not _has_event(ledger, wallet.seen_height, wallet.seen)


def check_seen(ledger: Ledger, seen: LastSeen) -> None:
    """Raises LedgerWentBack when the event that the wallet saw was this ledger's, and the ledger lost it."""
    is_of_ledger = seen.ledger_id == ledger.ledger_id.hex()
    if is_of_ledger and not _has_event(ledger, seen.height, seen.digest):
        raise LedgerWentBack(_went_back(seen.height, f"wallet {seen.name}", seen.name))


def _has_event(ledger: Ledger, height: int, digest: str) -> bool:
    event = ledger.reader.event(height)
    return event is not None and event.digest.hex() == digest


def _went_back(height: int, whose: str, name: str) -> str:
    return (
        f"the ledger lost event {height}, which {whose} saw: it is an older copy or another history, and what it lost "
        f"would be paid again; put the newer file back, or accept this one with `zksettle wallet sync {name} "
        "--accept-older-ledger`"
    )


def nullifier(seed: keys.Seed, holding: Holding) -> Nullifier:
    """The nullifier that spending this holding publishes."""
    nk = keys.account(seed, holding.index).nk
    return Nullifier(records.nullifier(poseidon.hash, nk, holding.commitment, holding.position))


def _received_holdings(wallet: Wallet, outputs: list[Output]) -> list[Holding]:
    """The wallet's holdings among these leaves."""
    opener = sealing.Opener(keys.viewing_key(wallet.seed))
    openings = []
    with tasks.task("Trying new leaves", total=len(outputs)) as task:
        for output in outputs:
            account_and_hint = _open(opener, output.commitment, output.ciphertexts)
            if account_and_hint is not None:
                openings.append((*account_and_hint, output.position))
            task.advance()
    indices = _indices(wallet, [(account.owner, hint) for account, hint, _ in openings])
    return [
        Holding(account, indices[account.owner], position)
        for account, _, position in openings
        if account.owner in indices
    ]


def _open(
    opener: sealing.Opener, commitment: int, ciphertexts: tuple[bytes, ...]
) -> tuple[records.Account, int] | None:
    """The account that one of the ciphertexts opens the leaf to, and its index hint; None when none does."""
    for sealed in ciphertexts:
        plaintext = opener.open(sealed, commitment)
        account_and_hint = opening.decode(plaintext) if plaintext else None
        if account_and_hint and account_and_hint[0].commitment(poseidon.hash) == commitment:
            return account_and_hint
    return None


def _indices(wallet: Wallet, owners: list[tuple[int, int]]) -> dict[int, int]:
    """{owner: index} for the pairs (owner, index hint) that belong to the wallet."""
    indices = {owner: hint for owner, hint in owners if keys.account(wallet.seed, hint).owner == owner}
    highest = max((*indices.values(), wallet.top_index))
    index = 0
    while index <= highest + GAP and any(owner not in indices for owner, _ in owners):
        owner = keys.account(wallet.seed, index).owner
        if any(owner == other for other, _ in owners):
            indices[owner] = index
            highest = max(highest, index)
        index += 1
    return indices


def _closed_orders(ledger: Ledger, wallet: Wallet, spent: tuple[Holding, ...]) -> tuple[Closed, ...]:
    """The wallet's orders that can no longer settle, because their account is among the spent ones."""
    spent_holdings = {holding.position: holding for holding in spent}
    return tuple(
        Closed(order.order_id, _height_taken(ledger, nullifier(wallet.seed, holding), order.order_id))
        for order in wallet.orders
        if (holding := spent_holdings.get(order.position))
    )


def _height_taken(ledger: Ledger, spent_nullifier: Nullifier, order_id: str) -> int | None:
    """The height of the bundle that spent this nullifier, when the order is one of its legs; otherwise None."""
    spend = ledger.reader.spend(spent_nullifier)
    bundle = spend and ledger.reader.bundle(spend.height)
    assert spend and bundle, "a spent nullifier has a bundle"
    legs = encoding.decode_bundle(bundle[1]).legs
    return spend.height if order_id in {digests.leg_id(ledger.ledger_id, leg).hex() for leg in legs} else None
