"""Brings a wallet up to date with the ledger, or restores it from nothing but its seed phrase.

Every ciphertext beside a new leaf is tried with the viewing key; the view tag ends nearly every trial after one
X25519.  What opens is believed only when it hashes to the leaf and its owner is one of the wallet's.  A holding is
spent when its nullifier is on the ledger.

Owners are looked for at the index that the opening names, which the wallet itself wrote, and for payments from
others among the indices up to GAP above the highest in use.
"""

from dataclasses import dataclass, replace

from circuits import records
from prover import keys, opening, progress, sealing
from prover.wallet import Holding, Wallet
from settlement.ledger import Ledger
from settlement.storage.rows import Output
from zk.errors import FormatError
from zk.hashes import poseidon

GAP = 20


@dataclass(frozen=True)
class Synced:
    """The wallet as it is now, and how many leaves were tried, holdings found and holdings newly spent."""

    wallet: Wallet
    tried: int
    found: int
    spent: int


def sync(ledger: Ledger, wallet: Wallet) -> Synced:
    """The wallet with all that the ledger has of it.

    Raises FormatError when the wallet was synced with another ledger.
    """
    ledger_id = ledger.ledger_id.hex()
    if wallet.ledger_id not in (None, ledger_id):
        raise FormatError("the wallet belongs to another ledger: restore it from its phrase under another name")
    outputs = ledger.outputs(wallet.scanned)
    found = _find(wallet, outputs)
    holdings = tuple(_marked(ledger, wallet.seed, holding) for holding in (*wallet.holdings, *found))
    spent = sum(holding.is_spent for holding in holdings) - sum(holding.is_spent for holding in wallet.holdings)
    scanned = wallet.scanned + len(outputs)
    updated = replace(wallet, ledger_id=ledger_id, scanned=scanned, holdings=holdings)
    return Synced(updated, len(outputs), len(found), spent)


def nullifier(seed: keys.Seed, holding: Holding) -> int:
    """What the ledger learns when this holding is spent."""
    return records.nullifier(poseidon.hash, keys.account(seed, holding.index).nk, holding.commitment, holding.position)


def _find(wallet: Wallet, outputs: list[Output]) -> list[Holding]:
    """The holdings among these leaves."""
    opener = sealing.Opener(keys.viewing_key(wallet.seed))
    opened = []
    with progress.task("Trying new leaves", total=len(outputs)) as task:
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


def _marked(ledger: Ledger, seed: keys.Seed, holding: Holding) -> Holding:
    if holding.is_spent or not ledger.is_spent(nullifier(seed, holding)):
        return holding
    return replace(holding, is_spent=True)
