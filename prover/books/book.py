"""The books of a wallet: every bundle that changed one of its accounts, taken apart into lines, and proof that they add
up.

    opening balance + Σ lines = closing balance          of every account, in every asset, for every period

The balances come from when each state of an account was made and ended, and the lines from the bundles, so the two are
counted differently; `check` compares them.  Nobody but the ledger's public data and the wallet's files is asked.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from circuits.records import ASSETS
from prover.books import lines, past
from prover.books.lines import Facts, Kind, Line
from prover.books.past import Past
from prover.books.states import Balances, Move, State, States
from prover.trader import diary, keys
from prover.trader.diary import Note
from prover.trader.sessions import Session
from settlement.bundles.bundle import Flow
from settlement.ledger import Ledger
from settlement.pool import assets
from settlement.pool.pool import Pool
from zk.errors import Unsatisfied


@dataclass(frozen=True, repr=False)
class Entry(keys.Secret):
    """What one bundle did.  `changes` has, by the number of an account, the change of each asset.

    `makes` says that the wallet made the bundle, otherwise somebody else did: in a trade, who took its order or quote.
    `own_orders` are the ids of its own legs where somebody else made the bundle, and `others` those of its
    counterparties' legs, as far as they are known.  `fee_in_price` is how much of the numeraire in the price may be
    fees.
    """

    height: int
    time_ms: int
    bundle_id: bytes
    makes: bool
    lines: tuple[Line, ...]
    changes: dict[int, dict[int, int]]
    own_orders: tuple[bytes, ...]
    others: tuple[bytes, ...]
    flows: tuple[Flow, ...]
    note: Note | None
    fee_in_price: int

    def line(self, kind: Kind) -> Line | None:
        """The line of a kind, of which there is one at most, but for seizures."""
        return next((line for line in self.lines if line.kind is kind), None)


@dataclass(frozen=True, repr=False)
class Book(keys.Secret):
    """The entries in order, the states of the wallet's accounts, and the diary.

    `num_small` is how many small accounts the wallet only counts: what others paid into them is in no entry.
    """

    ledger: Ledger
    entries: tuple[Entry, ...]
    states: tuple[State, ...]
    num_small: int
    notes: dict[bytes, Note]

    @property
    def pool(self) -> Pool:
        """The ledger's pool."""
        return self.ledger.pool

    def live(self, time_ms: int | None) -> list[State]:
        """The accounts as they were before a time, or as they are."""
        height = end_height(self.ledger, time_ms)
        return [state for state in self.states if state.is_live(height)]

    def balances(self, time_ms: int | None) -> Balances:
        """What all accounts had together before a time."""
        return total(state.balances for state in self.live(time_ms))

    def period(self, from_ms: int | None, to_ms: int | None) -> list[Entry]:
        """The entries in [from, to)."""
        return [
            each for each in self.entries
            if (from_ms is None or each.time_ms >= from_ms) and (to_ms is None or each.time_ms < to_ms)
        ]  # fmt: skip

    def check(self, from_ms: int | None = None, to_ms: int | None = None) -> None:
        """Raises Unsatisfied, naming the account, unless the books of a period add up."""
        before, after = _by_account(self.live(0 if from_ms is None else from_ms)), _by_account(self.live(to_ms))
        for entry in self.period(from_ms, to_ms):
            together, moved = [0] * ASSETS, [0] * ASSETS
            for index, changes in entry.changes.items():
                held = before.setdefault(index, [0] * ASSETS)
                for slot, amount in changes.items():
                    held[slot] += amount
                    moved[slot] += amount
            for line in entry.lines:
                for slot, amount in line.changes.items():
                    together[slot] += amount
            for slot in range(ASSETS):
                if together[slot] != moved[slot]:
                    raise Unsatisfied(
                        f"the lines of height {entry.height} do not add up in {self.pool.assets[slot].symbol}: they "
                        f"come to {together[slot]}, and the accounts {sorted(entry.changes)} changed by {moved[slot]} "
                        "of its smallest units"
                    )
        for index in sorted(before.keys() | after.keys()):
            counted, has = before.get(index, [0] * ASSETS), after.get(index, [0] * ASSETS)
            for slot in range(ASSETS):
                if counted[slot] != has[slot]:
                    raise Unsatisfied(
                        f"account {index} does not add up in {self.pool.assets[slot].symbol}: its lines come to "
                        f"{counted[slot]}, and it has {has[slot]} of its smallest units"
                    )


def open(session: Session) -> Book:
    """The books of a wallet that has been synced, which have been seen to add up.

    Raises Unsatisfied, naming the account, when they do not, and FormatError when the ledger is damaged.
    """
    ledger = session.ledger
    with ledger.reader.reading():
        notes = diary.read(session.file.path, session.wallet.view)
        states = States(ledger, session)
        writer = _Writer(ledger, states, notes)
        entries = writer.run()
        book = Book(ledger, entries, tuple(states.all()), session.wallet.dust.count, notes)
        book.check()
    return book


def end_height(ledger: Ledger, time_ms: int | None) -> int:
    """The height of the first event that is not before a time; of the next one without a time."""
    low, high = 0, ledger.reader.last_event().height + 1
    while time_ms is not None and low < high:
        middle = (low + high) // 2
        event = ledger.reader.event(middle)
        assert event is not None, "heights count up without a gap"
        low, high = (low, middle) if event.created_ms >= time_ms else (middle + 1, high)
    return high


def total(balances: Iterable[Sequence[int]]) -> Balances:
    """The sum, asset by asset."""
    return tuple(map(sum, zip(*balances, strict=True))) or (0,) * ASSETS


def _by_account(states: Iterable[State]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for state in states:
        held = found.setdefault(state.index, [0] * ASSETS)
        for slot, amount in enumerate(state.balances):
            held[slot] += amount
    return found


class _Writer:
    """Goes through the bundles in their order."""

    def __init__(self, ledger: Ledger, states: States, notes: dict[bytes, Note]):
        self._ledger, self._states, self._notes = ledger, states, notes
        self._rates, self._loan = ledger.reader.rates(), assets.loan_slot(ledger.pool.assets)

    def run(self) -> tuple[Entry, ...]:
        waiting, known = sorted(self._states.heights()), set(self._states.heights())
        entries = list[Entry]()
        while waiting:
            window = [heapq.heappop(waiting) for _ in range(min(len(waiting), past.WINDOW))]
            for one in past.read(self._ledger, window):
                if waiting and waiting[0] < one.height:  # learned of on the way: that comes first
                    break
                moves, new = self._states.of(one)
                entries.append(self._entry(one, moves))
                for height in new - known:
                    known.add(height)
                    heapq.heappush(waiting, height)
            for height in window:
                if not entries or height > entries[-1].height:
                    heapq.heappush(waiting, height)
        return tuple(entries)

    def _entry(self, one: Past, moves: list[Move]) -> Entry:
        legs = [move for move in moves if not move.is_seizure]
        numbers, note = [move.number for move in legs], self._notes.get(one.bundle_id)
        facts = self._facts(one, legs, note)
        change = _change(legs[0]) if len(legs) == 1 else total(map(_change, legs))
        found = lines.apart(change, facts, self._rates, self._loan)
        kinds, makes = {line.kind for line in found.lines}, facts.has_made and any(move.is_own for move in legs)
        if Kind.RECEIVED in kinds and not any(move.is_own for move in legs):
            for move in legs:
                self._states.check_received(one, move)
        if len(one.outline.nullifiers) == 1 and kinds & {Kind.TRADE, Kind.RECEIVED, Kind.PAID}:
            where = f"account {legs[0].index} does not add up at height {one.height}"
            raise Unsatisfied(f"{where}: its leg stands alone, and its flows are not what it changed by")
        lost = tuple(Line(Kind.SEIZURE, _sparse(_change(move))) for move in moves if move.is_seizure)
        own, others = self._orders(one, numbers, note, makes=makes) if Kind.TRADE in kinds else ((), ())
        changes: dict[int, dict[int, int]] = {}
        for move in moves:
            held = changes.setdefault(move.index, {})
            for slot, amount in _sparse(_change(move)).items():
                held[slot] = held.get(slot, 0) + amount
        return Entry(
            one.height, one.time_ms, one.bundle_id, makes, (*found.lines, *lost), changes, own, others,
            tuple(flow for flow in facts.flows if not lines.is_fee(flow)), note, found.fee_in_price,
        )  # fmt: skip

    def _facts(self, one: Past, legs: list[Move], note: Note | None) -> Facts:
        outline = one.outline
        flows = tuple(flow for move in legs for flow in outline.flows(move.number))
        fee = max((-flow.amount for flow in flows if lines.is_fee(flow)), default=0)
        are_insured = [outline.is_insured(number) for number in range(one.num_legs)]
        own_insured = sum(are_insured[move.number] for move in legs)
        return Facts(
            flows, fee, one.num_legs - sum(are_insured), len(legs) - own_insured,
            None if note is None else len(note.others),
            any(move.is_own for move in legs) or not all(map(lines.is_fee, flows)),
            one.num_legs == 1 or any(outline.is_naming(move.number) for move in legs), outline.claims, own_insured > 0,
        )  # fmt: skip

    def _orders(
        self, one: Past, numbers: list[int], note: Note | None, *, makes: bool
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """The ids of the own legs that somebody took, and of the legs that the wallet took."""
        name, outline = self._ledger.ledger_id, one.outline
        if not makes:
            return tuple(outline.leg_id(name, number) for number in numbers), ()
        if note is not None:
            return (), note.others
        beside = [number for number in range(one.num_legs) if number not in numbers]
        return (), tuple(outline.leg_id(name, number) for number in beside) if len(beside) == 1 else ()


def _change(move: Move) -> Balances:
    return tuple(after - before for after, before in zip(move.after, move.before, strict=True))


def _sparse(changes: Sequence[int]) -> dict[int, int]:
    return {slot: amount for slot, amount in enumerate(changes) if amount}
