"""Brings a wallet up to date with the ledger, or restores it from nothing but its seed phrase.

Every ciphertext beside a new leaf is tried with the viewing key; the view tag ends nearly every trial after one
X25519.  What opens is believed only when it hashes to the leaf and its owner is one of the wallet's.  A holding is
spent when its nullifier is on the ledger, and then the orders from it are closed: taken, or void.

Owners are looked for at the index that the opening names, which the wallet itself wrote, and for payments from
others among the indices up to GAP above the highest in use.
"""

from dataclasses import dataclass, replace

from circuits import records
from prover.machine import tasks
from prover.trader import keys, opening, sealing
from prover.trader.wallets import Holding, Wallet
from settlement import digests, encoding
from settlement.ledger import Ledger
from settlement.storage.rows import Output
from zk.errors import FormatError
from zk.hashes import poseidon

GAP = 20


@dataclass(frozen=True)
class Closed:
    """An own order whose account has moved: at which height it was taken, or None when something else moved it."""

    order_id: str
    taken_height: int | None


@dataclass(frozen=True)
class Synced:
    """The wallet as it is now; how many leaves were tried, holdings found and newly spent; which orders that closed.

    `was_set_back` says that the ledger has lost events which the wallet had seen, so all was looked for again.
    """

    wallet: Wallet
    tried: int
    found: int
    spent: int
    closed: tuple[Closed, ...]
    was_set_back: bool


def sync(ledger: Ledger, wallet: Wallet) -> Synced:
    """The wallet with all that the ledger has of it.

    Raises FormatError when the wallet was synced with another ledger.
    """
    ledger_id = ledger.ledger_id.hex()
    if wallet.ledger_id not in (None, ledger_id):
        raise FormatError("the wallet belongs to another ledger: restore it from its phrase under another name")
    was_set_back = not _is_remembered(ledger, wallet)
    if was_set_back:
        wallet = replace(wallet, scanned=0, holdings=())
    newest = ledger.last_event()
    outputs = ledger.outputs(wallet.scanned)
    found = _find(wallet, outputs)
    holdings = tuple(_marked(ledger, wallet.seed, holding) for holding in (*wallet.holdings, *found))
    spent = sum(holding.is_spent for holding in holdings) - sum(holding.is_spent for holding in wallet.holdings)
    scanned = wallet.scanned + len(outputs)
    seen = {"seen_height": newest.height, "seen": newest.digest.hex()}
    updated = replace(wallet, ledger_id=ledger_id, scanned=scanned, holdings=holdings, **seen)
    closed = _closed(ledger, updated)
    over = {order.order_id for order in closed}
    updated = replace(updated, orders=tuple(order for order in wallet.orders if order.order_id not in over))
    return Synced(updated, len(outputs), len(found), spent, closed, was_set_back)


def nullifier(seed: keys.Seed, holding: Holding) -> int:
    """What the ledger learns when this holding is spent."""
    return records.nullifier(poseidon.hash, keys.account(seed, holding.index).nk, holding.commitment, holding.position)


def _is_remembered(ledger: Ledger, wallet: Wallet) -> bool:
    """Whether the ledger still has the newest event that the wallet saw: a copy put back from before has not."""
    events = ledger.events(wallet.seen_height) if wallet.seen else []
    return wallet.seen is None or bool(events) and events[0].digest.hex() == wallet.seen


def _find(wallet: Wallet, outputs: list[Output]) -> list[Holding]:
    """The holdings among these leaves."""
    opener = sealing.Opener(keys.viewing_key(wallet.seed))
    opened = []
    with tasks.task("Trying new leaves", total=len(outputs)) as task:
        for output in outputs:
            account, hint = _open(opener, output.commitment, output.ciphertexts)
            if account is not None:
                opened.append((account, hint, output.position))
            task.advance()
    owners = _owners(wallet, [(account.owner, hint) for account, hint, _ in opened])
    ours = [(account, position) for account, _, position in opened if account.owner in owners]
    return [Holding(account, owners[account.owner], position) for account, position in ours]


def _open(
    opener: sealing.Opener, commitment: int, ciphertexts: tuple[bytes, ...]
) -> tuple[records.Account, int] | tuple[None, None]:
    """The account that one of the ciphertexts opens the leaf to, with its index hint."""
    for sealed in ciphertexts:
        plaintext = opener.open(sealed, commitment)
        opened = opening.decode(plaintext) if plaintext else None
        if opened and opened[0].commitment(poseidon.hash) == commitment:
            return opened
    return None, None


def _owners(wallet: Wallet, opened: list[tuple[int, int]]) -> dict[int, int]:
    """{owner: index} of the wallet's own owners among those opened; each comes with the index its opening names."""
    owners = {owner: hint for owner, hint in opened if keys.account(wallet.seed, hint).owner == owner}
    highest = max((*owners.values(), *(holding.index for holding in wallet.holdings)), default=0)
    index = 0
    while index <= highest + GAP and any(owner not in owners for owner, _ in opened):
        owner = keys.account(wallet.seed, index).owner
        if any(owner == other for other, _ in opened):
            owners[owner] = index
            highest = max(highest, index)
        index += 1
    return owners


def _closed(ledger: Ledger, wallet: Wallet) -> tuple[Closed, ...]:
    """The wallet's orders that can settle no more, because the account they would spend has moved."""
    spent = {holding.position: holding for holding in wallet.holdings if holding.is_spent}
    closed = []
    for order in wallet.orders:
        if order.position in spent:
            spend = ledger.spend_of(nullifier(wallet.seed, spent[order.position]))
            _, data = ledger.bundle(spend.height)
            taken = {digests.leg_id(ledger.ledger_id, leg).hex() for leg in encoding.decode_bundle(data).legs}
            closed.append(Closed(order.order_id, spend.height if order.order_id in taken else None))
    return tuple(closed)


def _marked(ledger: Ledger, seed: keys.Seed, holding: Holding) -> Holding:
    if holding.is_spent or not ledger.is_spent(nullifier(seed, holding)):
        return holding
    return replace(holding, is_spent=True)
