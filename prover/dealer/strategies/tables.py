"""Reads tables of DESK.toml strictly: every key is known, and every value of its type and in its range.

Amounts, prices, percentages and lengths of time are texts, such as "1,500.25 USDC", "3000.5", "0.3%" and "30s", and are
read exactly: a number of TOML's own may be a float.  Errors name the place: "limits.asset.ETH: day is …".
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeVar

from prover.trader import durations
from settlement import amounts
from settlement.pool import pool as pools
from settlement.pool.pool import Pool
from zk.errors import FormatError

T = TypeVar("T")
BPS = 10_000


class Table:
    """One table.  A method that takes a key raises FormatError when it is missing, or its value is wrong.

    With a default, which is written as in the file, the key may be missing.
    """

    def __init__(self, values: object, pool: Pool, place: str):
        """Raises FormatError unless it is a table."""
        if not isinstance(values, Mapping):
            raise FormatError(f"{place} is not a table")
        self._values, self.pool, self.place = values, pool, place
        self._taken: set[str] = set()

    def only(self, *keys: str) -> None:
        """Raises FormatError for any other key.  It is called first, so that a misspelt key is what is named."""
        if unknown := sorted(set(self._values) - {*keys}):
            raise FormatError(f"{self.place} has the unknown key {unknown[0][:40]!r}")

    def maybe(self, key: str, take: Callable[[str], T]) -> T | None:
        """What `take` returns, or None for a key that is missing."""
        return take(key) if key in self._values else None

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        return self._take(key, str, "a text in quotes", default)

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        return self._take(key, bool, "true or false", default)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number in a range."""
        found = self._take(key, int, "a whole number", default)
        return self._checked(key, found, low <= found <= high, f"must be from {low} to {high}")

    def numbers(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """An array of whole numbers in a range."""
        found = self._take(key, list, "an array of whole numbers", None)
        is_right = all(type(each) is int and low <= each <= high for each in found)
        return self._checked(key, tuple(found), is_right, f"must be an array of whole numbers from {low} to {high}")

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """An array of texts."""
        found = self._take(key, list, "an array of texts", default)
        return self._checked(
            key, tuple(found), all(isinstance(each, str) for each in found), "is not an array of texts"
        )

    def choice(self, key: str, names: tuple[str, ...], default: str | None = None) -> str:
        """One of these names."""
        found = self.text(key, default)
        return self._checked(key, found, found in names, f"must be one of {', '.join(names)}")

    def duration(self, key: str, default: str | None = None) -> int:
        """A length of time in milliseconds, of a text such as "30s"."""
        return self._read(key, durations.parse_ms, default)

    def percent(self, key: str, default: str | None = None) -> int:
        """Basis points of a text such as "0.3%"; it may be "0%"."""
        return self._read(key, lambda text: 0 if text == "0%" else amounts.parse_percent(text, key), default)

    def asset(self, key: str, default: str | None = None) -> int:
        """The slot of an asset that is named by its symbol."""
        return self._read(key, lambda text: pools.asset_index(self.pool, text), default)

    def amount(self, key: str, slot: int) -> int:
        """An amount above zero of this asset."""
        found = self.signed(key, slot)
        return self._checked(key, found, found > 0, "must be above zero")

    def signed(self, key: str, slot: int, default: str | None = None) -> int:
        """An amount of this asset, which may be zero or have a minus sign."""

        def read(text: str) -> int:
            stripped = text.strip().replace("−", "-", 1)
            is_negative = stripped.startswith("-")
            asset = self.pool.assets[slot]
            if stripped.removeprefix("-").split() == ["0", asset.symbol]:
                return 0
            found, amount = amounts.parse(stripped.removeprefix("-"), self.pool)
            if found != slot:
                raise FormatError(f"{text[:40]!r} is not an amount of {asset.symbol}")
            return -amount if is_negative else amount

        return self._read(key, read, default)

    def money(self, key: str) -> int:
        """An amount above zero of the numeraire."""
        return self.amount(key, amounts.NUMERAIRE)

    def ratio(self, key: str) -> Fraction:
        """A plain number above zero, such as "0.25", exactly."""
        unit = self.pool.assets[amounts.NUMERAIRE]
        return self._read(key, lambda text: amounts.parse_ratio(text, unit, unit), None)

    def table(self, key: str) -> "Table":
        """A table inside this one; an empty one for a key that is missing."""
        return Table(self._take(key, dict, "a table", {}), self.pool, f"{self.place}.{key}")

    def tables(self, key: str) -> "dict[str, Table]":
        """The tables inside a table of this one, by name."""
        inside = self._take(key, dict, "a table", {})
        return {name: Table(each, self.pool, f"{self.place}.{key}.{name}") for name, each in inside.items()}

    def list(self, key: str) -> "list[Table]":
        """An array of tables; empty for a key that is missing."""
        inside = self._take(key, list, "an array of tables", [])
        return [Table(each, self.pool, f"{self.place}.{key}[{number}]") for number, each in enumerate(inside)]

    def rest(self) -> dict[str, object]:
        """All keys that nobody took, which counts as taking them."""
        left = {key: value for key, value in self._values.items() if key not in self._taken}
        self._taken |= set(left)
        return left

    def slot(self, symbol: str) -> int:
        """The slot of an asset.  Raises FormatError for an unknown one."""
        return self._told(lambda: pools.asset_index(self.pool, symbol), self.place)

    def wrong(self, key: str, why: str) -> FormatError:
        """An error about a key."""
        return FormatError(f"{self.place}: {key} {why}")

    def _take(self, key: str, kind: type[T], name: str, default: T | None) -> T:
        self._taken.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.wrong(key, "is missing")
        if type(value) is not kind:
            raise self.wrong(key, f"is not {name}")
        return value

    def _read(self, key: str, read: Callable[[str], T], default: str | None) -> T:
        text = self.text(key, default)
        return self._told(lambda: read(text), f"{self.place}: {key}")

    def _told(self, read: Callable[[], T], where: str) -> T:
        try:
            return read()
        except FormatError as error:
            raise FormatError(f"{where}: {error}") from None

    def _checked(self, key: str, found: T, is_right: bool, why: str) -> T:
        if not is_right:
            raise self.wrong(key, why)
        return found
