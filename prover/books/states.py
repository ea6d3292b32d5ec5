"""The states of a wallet's accounts, live and spent, and where each was made and ended.

What a wallet has and its archive know them, so nothing has to be tried.  Whoever moves an account of his own ends in
another one of his own: where such a leg's end is not known, because it is empty, or because it is among the small
accounts that the wallet only counts, its ciphertext tells.
"""

from dataclasses import dataclass

from circuits.records import ASSETS, Position
from prover.books.past import Past
from prover.trader import archive, blinding, keys, opening, sealing, seized, walletsync
from prover.trader.sessions import Session
from prover.trader.wallets import Holding
from settlement.ledger import Ledger
from zk import signature
from zk.errors import Unsatisfied
from zk.fields import prime
from zk.hashes import poseidon

NOTHING = (0,) * ASSETS

Balances = tuple[int, ...]


@dataclass(frozen=True, repr=False)
class State(keys.Secret):
    """One state of an account: the bundle at height `made` left it, and the one at `ended` spent it, None while live.

    `index` is the number of the account's keys: two states of one index are of one account, or of one address.
    """

    position: Position
    index: int
    balances: Balances
    guard: int
    made: int
    ended: int | None

    def is_live(self, height: int) -> bool:
        """Whether it is live before the event at a height."""
        return self.made < height and (self.ended is None or self.ended >= height)


@dataclass(frozen=True, repr=False)
class Move(keys.Secret):
    """What a leg, or the seizure of this number, did to an account of the wallet's.

    `is_own` says that the wallet's own account was spent; otherwise somebody, or the wallet itself, made a new one.
    """

    number: int
    index: int
    before: Balances
    after: Balances
    is_own: bool
    is_seizure: bool


class States:
    """The states that are known so far; `of` finds those that a bundle moves, and learns of more on the way."""

    def __init__(self, ledger: Ledger, session: Session):
        self._ledger, self._view = ledger, session.wallet.view
        self._seed = None if session.wallet.is_watch_only else session.wallet.seed
        self._opener = sealing.Opener(keys.viewing_key(self._view))
        self._name = session.file.path.stem
        key = keys.archive_key(keys.viewing_key(self._view))
        spent = list(archive.read(archive.beside(session.file.path), key))
        known = walletsync.with_nullifiers(self._view, [*spent, *session.wallet.live])
        self._at: dict[Position, State] = {}
        self._holdings: dict[Position, Holding] = {}
        self._by_nullifier: dict[bytes, Position] = {}
        self._add(known)

    def all(self) -> list[State]:
        """Every state, by position."""
        return [self._at[position] for position in sorted(self._at)]

    def heights(self) -> set[int]:
        """The heights of the bundles that made or ended one of the states."""
        ended = {state.ended for state in self._at.values() if state.ended is not None}
        return ended | {state.made for state in self._at.values()}

    def of(self, past: Past) -> tuple[list[Move], set[int]]:
        """What a bundle did to the wallet's accounts, and the heights at which what it leaves was moved, if new.

        Raises Unsatisfied when the wallet has forgotten an account, or cannot open what an own leg ended in.
        """
        moves, new = [], set[int]()
        for number, nullifier in enumerate(past.outline.nullifiers):
            position, spends = Position(past.first + number), self._by_nullifier.get(nullifier)
            is_seizure = number >= past.num_legs
            if spends is not None and position not in self._at:
                new |= self._ending(past, number, self._holdings[spends])
            after = self._at.get(position)
            if spends is None and after is None:
                continue
            before = None if spends is None else self._at[spends]
            state = before or after
            assert state is not None, "one of the two is known"
            moves.append(Move(
                number, state.index, before.balances if before else NOTHING, after.balances if after else NOTHING,
                before is not None, is_seizure,
            ))  # fmt: skip
        return moves, new

    def check_received(self, past: Past, move: Move) -> None:
        """Raises Unsatisfied when the wallet itself made a leg that seems to bring it what somebody else paid."""
        if self._seed is None or move.is_seizure:
            return
        commitment = int.from_bytes(past.outline.commitments[move.number], "big")
        spending = blinding.spending(keys.blinding_key(self._seed, move.index), commitment)
        if b"".join(map(prime.to_bytes, signature.public(spending))) == past.outline.rk(move.number):
            raise Unsatisfied(
                f"account {move.index} does not add up at height {past.height}: the wallet has forgotten what it had "
                f"before; `zksettle wallet sync {self._name} --rescan` finds it again"
            )

    def _ending(self, past: Past, number: int, holding: Holding) -> set[int]:
        """Learns what a leg of the wallet's own, or a seizure, left of an account.  The height at which that ended."""
        if number >= past.num_legs:
            found = seized.find(self._ledger, holding)
            left = None if found is None else found.residual
        else:
            left = self._opened(past, number)
        if left is None:
            raise Unsatisfied(
                f"account {holding.index} does not add up at height {past.height}: the wallet cannot open what leg "
                f"{number} left of it"
            )
        if not any(left.account.balances):
            return set()
        self._add(walletsync.with_nullifiers(self._view, [left]))
        ended = self._at[left.position].ended
        return set() if ended is None else {ended}

    def _opened(self, past: Past, number: int) -> Holding | None:
        """The account that an own leg ended in."""
        commitment = int.from_bytes(past.outline.commitments[number], "big")
        for sealed in past.outline.ciphertexts(number):
            found = self._opener.open(sealed, commitment)
            decoded = None if found is None else opening.decode(found.body)
            if decoded is None:
                continue
            account, index = decoded
            own = keys.watched(self._view, index)
            if own is not None and own.owner == account.owner and account.commitment(poseidon.hash) == commitment:
                return Holding(account, index, Position(past.first + number))
        return None

    def _add(self, holdings: list[Holding]) -> None:
        nullifiers = {each.position: walletsync.nullifier(self._view, each) for each in holdings}
        ended = self._ledger.reader.spent_at(nullifiers.values())
        made = self._ledger.reader.made_at(nullifiers)
        for each in holdings:
            place, nullifier = each.position, nullifiers[each.position]
            state = State(
                place, each.index, each.account.balances, each.account.guard, made[place], ended.get(nullifier)
            )
            self._at[place], self._holdings[place] = state, each
            self._by_nullifier[prime.to_bytes(nullifier)] = place
