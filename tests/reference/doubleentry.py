"""Double entry in plain numbers: what a trader has, what it has cost, and what was gained, in one money.

Every event is booked as debits and credits that cancel.  The accounts are the money, one for the cost of each asset,
capital (what came from elsewhere, below zero), gains, expenses and losses; what is a credit is below zero.  Amounts and
values are whole numbers, and a share of one is rounded down.
"""

from dataclasses import dataclass, field

CASH, CAPITAL, GAINS, EXPENSES, LOSSES = "cash", "capital", "gains", "expenses", "losses"


@dataclass
class Books:
    """The books of one trader, by first in first out when `is_fifo`, otherwise at average cost."""

    is_fifo: bool
    balance: dict[str, int] = field(default_factory=dict)
    parcels: dict[str, list[list[int]]] = field(default_factory=dict)

    def _post(self, **amounts: int) -> None:
        assert sum(amounts.values()) == 0, "debits and credits cancel"
        for account, amount in amounts.items():
            self.balance[account] = self.balance.get(account, 0) + amount

    def of(self, account: str) -> int:
        return self.balance.get(account, 0)

    def has(self, asset: str) -> int:
        return sum(quantity for quantity, _ in self.parcels.get(asset, []))

    def pays(self, amount: int, reason: str) -> None:
        """Money goes, for expenses or back to capital; it comes where the amount is below zero."""
        self._post(cash=-amount, **{reason: amount})

    def trades(self, asset: str, quantity: int, money: int) -> None:
        """Buys a quantity for money; sells where both are below zero."""
        self._moves(asset, quantity, money, CASH)

    def exchanges(self, moved: list[tuple[str, int, int]], money: int) -> None:
        """Assets (asset, quantity, value) come and go together, and money goes: the greatest value takes the rest."""
        values = [value for _, _, value in moved]
        largest = sorted(range(len(moved)), key=lambda place: (-abs(values[place]), place))[0]
        values[largest] += money - sum(values)
        for (asset, quantity, _), value in zip(moved, values, strict=True):
            self._moves(asset, quantity, value, CASH)

    def transfers(self, asset: str, quantity: int, value: int) -> None:
        """An asset comes from elsewhere, or goes there."""
        self._moves(asset, quantity, value, CAPITAL)

    def seized(self, moved: list[tuple[str, int, int]], money: int) -> None:
        """Assets (asset, quantity, value) are taken away, money goes or comes besides, and what is missing is lost."""
        for asset, quantity, value in moved:
            self._moves(asset, quantity, value, LOSSES)
        self._post(cash=money, losses=-money)

    def _moves(self, asset: str, quantity: int, value: int, against: str) -> None:
        gain = self._gain(asset, quantity, value)
        self._post(**{against: -value, f"cost of {asset}": value + gain, GAINS: -gain})

    def _gain(self, asset: str, quantity: int, value: int) -> int:
        """Takes out what is closed, puts in what is opened, and returns the gain."""
        held = self.parcels.setdefault(asset, [])
        has, side = self.has(asset), 1 if quantity > 0 else -1
        closed = min(abs(quantity), abs(has)) if has * side < 0 else 0
        share = value * closed // abs(quantity) if closed else 0
        if not self.is_fifo and held:
            held[:] = [[has, self.of(f"cost of {asset}")]]
        cost = 0
        while closed:
            parcel = held[0]
            part = min(closed, abs(parcel[0]))
            out = parcel[1] if part == abs(parcel[0]) else parcel[1] * part // abs(parcel[0])
            cost += out
            parcel[0] += side * part
            parcel[1] -= out
            closed -= part
            if not parcel[0]:
                held.pop(0)
        opened = quantity - (side * min(abs(quantity), abs(has)) if has * side < 0 else 0)
        if opened:
            held.append([opened, value - share])
        return -share - cost
