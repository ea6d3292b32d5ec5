"""Finds a wallet's accounts among the leaves of a ledger.

The viewing key is tried on every ciphertext of every leaf, once for all addresses; the view tag ends nearly every trial
after one X25519.  An opening counts only when it hashes to the leaf, its owner belongs to the wallet, and it was sealed
to that owner's own address.

The opening names the index of its owner when the wallet wrote it itself.  A payer cannot know that index, so the owners
of the other openings are searched among the indices up to GAP above the highest one in use.  The search ends at
SEARCH_LIMIT, and an index above it is not believed either: a stranger who names another one in every opening would have
the wallet derive the keys of each, which takes a millisecond.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.records import Account, Position
from prover.trader import addresses, keys, manyhashes, opening, sealing
from prover.trader.sealing import SEALED_BYTES
from prover.trader.wallets import Holding, Wallet
from zk.errors import FormatError

GAP = 20
SEARCH_LIMIT = 4096

Leaf = tuple[Position, bytes, bytes]
"""Position, commitment and ciphertexts: settlement.storage.reader.Reader.leaves."""


def address(wallet: Wallet, number: int) -> addresses.Address:
    """The wallet's address of this number.

    Raises FormatError for one at which a payment would not be found: above GAP more than the highest in use.
    """
    last = min(wallet.top_index + GAP, SEARCH_LIMIT - 1)
    if number > last:
        raise FormatError(f"a payment to address {number} would not be found: use one of the addresses 0 to {last}")
    return addresses.of(wallet.view, number)


@dataclass(frozen=True, repr=False)
class _Sealed(keys.Secret):
    """A ciphertext of a leaf that the viewing key opened."""

    data: bytes
    seed: bytes
    commitment: int

    def is_to(self, owner: int) -> bool:
        """Whether it was sealed to this owner's address."""
        return sealing.is_to(owner, self.data, self.seed, self.commitment)


_Candidate = tuple[Position, Account, int, tuple[_Sealed, ...]]
"""Position, account, index hint, and the leaf's ciphertexts that open to the account."""


class Finder:
    """Finds the accounts of one wallet.  `top_index` is the highest index that was found, below SEARCH_LIMIT."""

    def __init__(self, view: keys.View, top_index: int):
        self.top_index = top_index if top_index < SEARCH_LIMIT else 0
        self._view = view
        self._opener = sealing.Opener(keys.viewing_key(view))
        self._index_of_owner: dict[int, int] = {}
        self._num_searched = 0

    def __repr__(self) -> str:
        return "Finder"

    def find(self, leaves: Sequence[Leaf]) -> list[Holding]:
        """The wallet's accounts among these leaves, in their order."""
        opened = self._opened(leaves)
        pending = list(range(len(opened)))
        found: dict[int, Holding] = {}
        while pending:
            searched = self.top_index
            for i in pending:
                position, account, hint, sealings = opened[i]
                index = self._index(account.owner, hint)
                if index is not None and any(each.is_to(account.owner) for each in sealings):
                    found[i] = Holding(account, index, position)
            pending = [i for i in pending if i not in found] if self.top_index > searched else []
        return [found[i] for i in sorted(found)]

    def _opened(self, leaves: Sequence[Leaf]) -> list[_Candidate]:
        """Every leaf that the viewing key opens to what it commits to."""
        sealings = [
            (position, leaf, ciphertexts[start : start + SEALED_BYTES])
            for position, leaf, ciphertexts in leaves
            for start in range(0, len(ciphertexts), SEALED_BYTES)
        ]
        commitments = [int.from_bytes(leaf, "big") for _, leaf, _ in sealings]
        contents = self._opener.open_many([sealed for _, _, sealed in sealings], commitments)
        opened = []
        for i, content in enumerate(contents):
            decoded = None if content is None else opening.decode(content.body)
            if content is not None and decoded is not None:
                sealed = _Sealed(sealings[i][2], content.seed, commitments[i])
                opened.append((sealings[i][0], *decoded, sealed))
        hashed = manyhashes.commitments([account for _, account, _, _ in opened])
        candidates: dict[Position, _Candidate] = {}
        for (position, account, hint, sealed), commitment in zip(opened, hashed, strict=True):
            if sealed.commitment == commitment:
                known = candidates.get(position)
                candidates[position] = position, account, hint, (*(known[3] if known else ()), sealed)
        return list(candidates.values())

    def _index(self, owner: int, hint: int) -> int | None:
        """The index of an owner, or None when it is not the wallet's as far as the search goes."""
        while self._num_searched <= self.top_index + GAP:
            searched = keys.watched(self._view, self._num_searched)
            if searched is not None:
                self._index_of_owner[searched.owner] = self._num_searched
            self._num_searched += 1
        index: int | None = self._index_of_owner.get(owner)
        hinted = keys.watched(self._view, hint) if index is None and hint < SEARCH_LIMIT else None
        if hinted is not None and hinted.owner == owner:
            index = hint
        if index is not None and index < SEARCH_LIMIT:
            self.top_index = max(self.top_index, index)
        return index
