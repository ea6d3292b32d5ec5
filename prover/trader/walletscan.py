"""Finds a wallet's accounts among the leaves of a ledger.

The viewing key is tried on every ciphertext of every leaf; the view tag ends nearly every trial after one X25519.  An
opening counts only when it hashes to the leaf and its owner belongs to the wallet.

The opening names the index of its owner when the wallet wrote it itself.  A payer cannot know that index, so the owners
of the other openings are searched among the indices up to GAP above the highest one in use.  The search ends at
SEARCH_LIMIT, and an index above it is not believed either: a stranger who names another one in every opening would have
the wallet derive the keys of each, which takes a millisecond.
"""

from collections.abc import Sequence

from circuits.records import Account, Position
from prover.trader import keys, manyhashes, opening, sealing
from prover.trader.sealing import SEALED_BYTES
from prover.trader.wallets import Holding

GAP = 20
SEARCH_LIMIT = 4096

Leaf = tuple[Position, bytes, bytes]
"""Position, commitment and ciphertexts: settlement.storage.reader.Reader.leaves."""


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
                position, account, hint = opened[i]
                index = self._index(account.owner, hint)
                if index is not None:
                    found[i] = Holding(account, index, position)
            pending = [i for i in pending if i not in found] if self.top_index > searched else []
        return [found[i] for i in sorted(found)]

    def _opened(self, leaves: Sequence[Leaf]) -> list[tuple[Position, Account, int]]:
        """Position, account and index hint of every leaf that the viewing key opens to what it commits to."""
        sealings = [
            (position, leaf, ciphertexts[start : start + SEALED_BYTES])
            for position, leaf, ciphertexts in leaves
            for start in range(0, len(ciphertexts), SEALED_BYTES)
        ]
        commitments = [int.from_bytes(leaf, "big") for _, leaf, _ in sealings]
        plaintexts = self._opener.open_many([sealed for _, _, sealed in sealings], commitments)
        opened = []
        for i, plaintext in enumerate(plaintexts):
            decoded = None if plaintext is None else opening.decode(plaintext)
            if decoded is not None:
                opened.append((sealings[i][0], commitments[i], *decoded))
        hashed = manyhashes.commitments([account for _, _, account, _ in opened])
        one_each = {
            position: (position, account, hint)
            for (position, leaf, account, hint), commitment in zip(opened, hashed, strict=True)
            if leaf == commitment
        }
        return list(one_each.values())

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
